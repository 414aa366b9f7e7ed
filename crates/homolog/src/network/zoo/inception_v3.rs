//! Inception version 3, as torchvision builds it for its published weights.

use super::inception_blocks::{basic_conv, transform_input};
use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Padding, Rounding, Value};

/// Inception version 3 without its auxiliary classifier, which only training uses.
pub(super) fn build(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = transform_input(&mut b, &image);
    let x = basic_conv(&mut b, "Conv2d_1a_3x3", &x, Conv2d::new(32, 3).stride(2));
    let x = basic_conv(&mut b, "Conv2d_2a_3x3", &x, Conv2d::new(32, 3));
    let x = basic_conv(&mut b, "Conv2d_2b_3x3", &x, Conv2d::new(64, 3).padding(1));
    let x = b.max_pool2d("maxpool1", &x, 3, 2, 0, Rounding::Floor);
    let x = basic_conv(&mut b, "Conv2d_3b_1x1", &x, Conv2d::new(80, 1));
    let x = basic_conv(&mut b, "Conv2d_4a_3x3", &x, Conv2d::new(192, 3));
    let mut x = b.max_pool2d("maxpool2", &x, 3, 2, 0, Rounding::Floor);
    for (path, n_pooled) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
        x = Module { b: &mut b, path }.five_by_five(&x, n_pooled);
    }
    x = Module { b: &mut b, path: "Mixed_6a" }.first_reduction(&x);
    for (path, width) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
        x = Module { b: &mut b, path }.seven_by_seven(&x, width);
    }
    x = Module { b: &mut b, path: "Mixed_7a" }.second_reduction(&x);
    for path in ["Mixed_7b", "Mixed_7c"] {
        x = Module { b: &mut b, path }.three_by_three(&x);
    }
    x = b.adaptive_avg_pool2d("avgpool", &x, 1);
    x = b.dropout("dropout", &x);
    x = b.flatten("flatten", &x);
    let logits = b.linear("fc", &x, 1000);
    b.finish(&logits)
}

/// One module of parallel branches.
struct Module<'a> {
    b: &'a mut Builder,
    path: &'a str,
}

/// A filter along one axis that keeps the size.
fn along(n_out: usize, kernel: [usize; 2]) -> Conv2d {
    let [height, width] = kernel;
    Conv2d::oblong(n_out, kernel).padded(Padding::Explicit(vec![[height / 2; 2], [width / 2; 2]]))
}

impl Module<'_> {
    fn conv(&mut self, branch: &str, x: &Value, conv: Conv2d) -> Value {
        basic_conv(self.b, &format!("{}.{branch}", self.path), x, conv)
    }

    /// Square 3 × 3 filters that keep the size.
    fn conv3(&mut self, branch: &str, x: &Value, n_out: usize) -> Value {
        self.conv(branch, x, Conv2d::new(n_out, 3).padding(1))
    }

    fn conv1(&mut self, branch: &str, x: &Value, n_out: usize) -> Value {
        self.conv(branch, x, Conv2d::new(n_out, 1))
    }

    /// The mean around each position, then 1 × 1 filters.
    fn pooled(&mut self, x: &Value, n_out: usize) -> Value {
        let mean = self.b.avg_pool2d(&format!("{}.mean", self.path), x, 3, 1, 1);
        self.conv1("branch_pool", &mean, n_out)
    }

    fn halved(&mut self, x: &Value) -> Value {
        self.b.max_pool2d(&format!("{}.maxpool", self.path), x, 3, 2, 0, Rounding::Floor)
    }

    fn join(self, branches: &[&Value]) -> Value {
        let x = self.b.concat(&format!("{}.concat", self.path), branches);
        self.b.block(self.path, &x);
        x
    }

    /// `Mixed_5`: figure 5 of the paper.
    fn five_by_five(mut self, x: &Value, n_pooled: usize) -> Value {
        let one = self.conv1("branch1x1", x, 64);
        let five = self.conv1("branch5x5_1", x, 48);
        let five = self.conv("branch5x5_2", &five, Conv2d::new(64, 5).padding(2));
        let double = self.conv1("branch3x3dbl_1", x, 64);
        let double = self.conv3("branch3x3dbl_2", &double, 96);
        let double = self.conv3("branch3x3dbl_3", &double, 96);
        let pooled = self.pooled(x, n_pooled);
        self.join(&[&one, &five, &double, &pooled])
    }

    /// `Mixed_6a`: figure 10.
    fn first_reduction(mut self, x: &Value) -> Value {
        let three = self.conv("branch3x3", x, Conv2d::new(384, 3).stride(2));
        let double = self.conv1("branch3x3dbl_1", x, 64);
        let double = self.conv3("branch3x3dbl_2", &double, 96);
        let double = self.conv("branch3x3dbl_3", &double, Conv2d::new(96, 3).stride(2));
        let halved = self.halved(x);
        self.join(&[&three, &double, &halved])
    }

    /// `Mixed_6`: figure 6, n = 7.
    fn seven_by_seven(mut self, x: &Value, width: usize) -> Value {
        const ROW: [usize; 2] = [1, 7];
        const COLUMN: [usize; 2] = [7, 1];
        let one = self.conv1("branch1x1", x, 192);
        let seven = self.conv1("branch7x7_1", x, width);
        let seven = self.conv("branch7x7_2", &seven, along(width, ROW));
        let seven = self.conv("branch7x7_3", &seven, along(192, COLUMN));
        let double = self.conv1("branch7x7dbl_1", x, width);
        let double = self.conv("branch7x7dbl_2", &double, along(width, COLUMN));
        let double = self.conv("branch7x7dbl_3", &double, along(width, ROW));
        let double = self.conv("branch7x7dbl_4", &double, along(width, COLUMN));
        let double = self.conv("branch7x7dbl_5", &double, along(192, ROW));
        let pooled = self.pooled(x, 192);
        self.join(&[&one, &seven, &double, &pooled])
    }

    /// `Mixed_7a`.
    fn second_reduction(mut self, x: &Value) -> Value {
        let three = self.conv1("branch3x3_1", x, 192);
        let three = self.conv("branch3x3_2", &three, Conv2d::new(320, 3).stride(2));
        let seven = self.conv1("branch7x7x3_1", x, 192);
        let seven = self.conv("branch7x7x3_2", &seven, along(192, [1, 7]));
        let seven = self.conv("branch7x7x3_3", &seven, along(192, [7, 1]));
        let seven = self.conv("branch7x7x3_4", &seven, Conv2d::new(192, 3).stride(2));
        let halved = self.halved(x);
        self.join(&[&three, &seven, &halved])
    }

    /// `Mixed_7`: figure 7.
    fn three_by_three(mut self, x: &Value) -> Value {
        let one = self.conv1("branch1x1", x, 320);
        let three = self.conv1("branch3x3_1", x, 384);
        let row = self.conv("branch3x3_2a", &three, along(384, [1, 3]));
        let column = self.conv("branch3x3_2b", &three, along(384, [3, 1]));
        let double = self.conv1("branch3x3dbl_1", x, 448);
        let double = self.conv3("branch3x3dbl_2", &double, 384);
        let double_row = self.conv("branch3x3dbl_3a", &double, along(384, [1, 3]));
        let double_column = self.conv("branch3x3dbl_3b", &double, along(384, [3, 1]));
        let pooled = self.pooled(x, 192);
        self.join(&[&one, &row, &column, &double_row, &double_column, &pooled])
    }
}
