//! The layers of transformers on values of shape (token, feature), with the parameter names of PyTorch and torchvision.

use std::sync::Arc;

use super::{Builder, Init, Value};
use crate::network::graph::Node;
use crate::network::op::activation::{Activation, GeluForm};
use crate::network::op::binary::Binary;
use crate::network::op::dense::MatMul;
use crate::network::op::indexing::{Gather, Split};
use crate::network::op::normalization::LayerNormalization;
use crate::network::op::pad::{Pad, PadMode};
use crate::network::op::shape::{Reshape, Transpose, ZeroSize};
use crate::network::op::softmax::Softmax;
use crate::network::tensor::HostTensor;

impl Builder {
    /// Zero mean and unit variance over the features of each token; parameters `weight`, `bias`.
    pub fn layer_norm(&mut self, path: &str, x: &Value, epsilon: f32) -> Value {
        let [_, n_features] = self.tokens_of(path, x);
        let scale = self.declare(format!("{path}.weight"), &[n_features], Init::Ones);
        let shift = self.declare(format!("{path}.bias"), &[n_features], Init::Zeros);
        let op = LayerNormalization { axis: -1, epsilon };
        self.layer(path, Arc::new(op), &[&x.name, &scale, &shift], x.shape.clone())
    }

    /// x Phi(x), with the error function.
    pub fn gelu(&mut self, path: &str, x: &Value) -> Value {
        let op = Activation::Gelu { form: GeluForm::Exact };
        self.layer(path, Arc::new(op), &[&x.name], x.shape.clone())
    }

    /// The same fully connected layer on every token; parameters `weight` (n_out, n_in) and `bias`.
    pub fn linear_of_tokens(&mut self, path: &str, x: &Value, n_out: usize) -> Value {
        let product = self.product_of_tokens(path, [format!("{path}.weight"), format!("{path}.bias")], x, n_out);
        self.stage(path, &product);
        product
    }

    /// x Wᵀ + b with these names of W and b; the sum's node is called `path`.
    fn product_of_tokens(&mut self, path: &str, names: [String; 2], x: &Value, n_out: usize) -> Value {
        let [n_tokens, n_in] = self.tokens_of(path, x);
        let [weight_name, bias_name] = names;
        let weight = self.declare(weight_name, &[n_out, n_in], Init::He { fan_in: n_in });
        let bias = self.declare(bias_name, &[n_out], Init::Zeros);
        let transpose = Transpose { permutation: Some(vec![1, 0]) };
        let transposed = self.node(&format!("{path}.weight_transposed"), Arc::new(transpose), &[&weight], vec![]);
        let shape = vec![n_tokens, n_out];
        let product =
            self.node(&format!("{path}.product"), Arc::new(MatMul), &[&x.name, &transposed.name], shape.clone());
        self.node(path, Arc::new(Binary::Add), &[&product.name, &bias], shape)
    }

    /// Multi-head self-attention; parameters `in_proj_weight` (3 n, n) with the rows of queries, keys and values one after
    /// another, `in_proj_bias`, `out_proj.weight`, `out_proj.bias`, for n features.
    ///
    /// For each head, softmax(Q Kᵀ / sqrt(features of a head)) V.
    ///
    /// # Reference
    /// Vaswani A et al. (2017). Attention is all you need. NeurIPS. arXiv 1706.03762, section 3.2.
    pub fn self_attention(&mut self, path: &str, x: &Value, n_heads: usize) -> Value {
        let [n_tokens, n_features] = self.tokens_of(path, x);
        if n_heads == 0 || n_features % n_heads != 0 {
            self.refuse_shape(path, x, &format!("a number of features that {n_heads} heads can share"));
            return x.clone();
        }
        let n_each = n_features / n_heads;
        let [query, key, value] = self.heads(path, x, [n_heads, n_each]);

        let scale = 1.0 / (n_each as f32).sqrt();
        let scale = self.constant(format!("{path}.scale"), HostTensor::from_f32(&[], vec![scale]));
        let per_head = vec![n_heads, n_tokens, n_each];
        let scaled =
            self.node(&format!("{path}.scaled_query"), Arc::new(Binary::Mul), &[&query, &scale], per_head.clone());
        let pairs = vec![n_heads, n_tokens, n_tokens];
        let scores = self.node(&format!("{path}.scores"), Arc::new(MatMul), &[&scaled.name, &key], pairs.clone());
        let softmax = Arc::new(Softmax::Probability { axis: -1 });
        let attention = self.node(&format!("{path}.attention"), softmax, &[&scores.name], pairs);
        let mixed = self.node(&format!("{path}.mixed"), Arc::new(MatMul), &[&attention.name, &value], per_head);

        let back = Transpose { permutation: Some(vec![0, 2, 1, 3]) };
        let back = self.node(
            &format!("{path}.mixed_by_token"),
            Arc::new(back),
            &[&mixed.name],
            vec![n_tokens, n_heads, n_each],
        );
        let joined = self.reshape(&format!("{path}.joined"), &back, &[n_tokens, n_features]);
        let names = ["weight", "bias"].map(|name| format!("{path}.out_proj.{name}"));
        let output = self.product_of_tokens(&format!("{path}.out_proj"), names, &joined, n_features);
        self.stage(path, &output);
        output
    }

    /// Names of queries (head, token, feature), keys (head, feature, token) and values (head, token, feature).
    fn heads(&mut self, path: &str, x: &Value, heads: [usize; 2]) -> [String; 3] {
        let [n_heads, n_each] = heads;
        let [n_tokens, n_features] = self.tokens_of(path, x);
        let parameters = ["weight", "bias"].map(|name| format!("{path}.in_proj_{name}"));
        let projected = self.product_of_tokens(&format!("{path}.in_proj"), parameters, x, 3 * n_features);
        let names = ["query", "key", "value"].map(|part| format!("{path}.{part}"));
        self.graph.nodes.push(Node {
            name: format!("{path}.parts"),
            op: Arc::new(Split { axis: -1, n_outputs: Some(3) }),
            inputs: vec![Some(projected.name)],
            outputs: names.to_vec(),
        });
        let orders = [vec![0, 2, 1, 3], vec![0, 2, 3, 1], vec![0, 2, 1, 3]];
        let mut by_head = names.clone();
        for ((name, order), by_head) in names.iter().zip(orders).zip(&mut by_head) {
            let part = Value { name: name.clone(), shape: vec![n_tokens, n_features] };
            let split = self.reshape(&format!("{name}_by_token"), &part, &[n_tokens, n_heads, n_each]);
            let transpose = Transpose { permutation: Some(order) };
            *by_head = self.node(&format!("{name}_by_head"), Arc::new(transpose), &[&split.name], vec![]).name;
        }
        by_head
    }

    /// The same elements in another shape, the batch kept.
    fn reshape(&mut self, path: &str, x: &Value, shape: &[usize]) -> Value {
        let wanted = std::iter::once(0).chain(shape.iter().map(|size| i64::try_from(*size).unwrap_or(i64::MAX)));
        let wanted = HostTensor::from_i64(&[shape.len() + 1], wanted.collect());
        let wanted = self.constant(format!("{path}.shape"), wanted);
        self.node(path, Arc::new(Reshape { zero: ZeroSize::Copied }), &[&x.name, &wanted], shape.to_vec())
    }

    /// An image (feature, height, width) as tokens, row by row; no stage of its own.
    pub fn tokens_from_image(&mut self, path: &str, x: &Value) -> Value {
        let [height, width] = self.space_of(path, x);
        let n_tokens = height * width;
        let flat = self.reshape(&format!("{path}.flat"), x, &[x.n_channels(), n_tokens]);
        let transpose = Transpose { permutation: Some(vec![0, 2, 1]) };
        self.node(path, Arc::new(transpose), &[&flat.name], vec![n_tokens, x.n_channels()])
    }

    /// A learned token before all others; parameter `parameter` (1, 1, feature). No stage of its own.
    pub fn class_token(&mut self, path: &str, x: &Value, parameter: &str) -> Value {
        let [n_tokens, n_features] = self.tokens_of(path, x);
        // A row of zeros before the tokens, plus the learned token with rows of zeros after it: no batch size is needed.
        let token = self.declare(parameter.to_owned(), &[1, 1, n_features], Init::Zeros);
        let n = i64::try_from(n_tokens).unwrap_or(i64::MAX);
        let before = self.constant(format!("{path}.room.pads"), HostTensor::from_i64(&[6], vec![0, 1, 0, 0, 0, 0]));
        let after = self.constant(format!("{path}.token.pads"), HostTensor::from_i64(&[6], vec![0, 0, 0, 0, n, 0]));
        let pad = Arc::new(Pad { mode: PadMode::Constant });
        let shape = vec![n_tokens + 1, n_features];
        let room = self.node(&format!("{path}.room"), pad.clone(), &[&x.name, &before], shape.clone());
        let token = self.node(&format!("{path}.token"), pad, &[&token, &after], shape.clone());
        self.node(path, Arc::new(Binary::Add), &[&room.name, &token.name], shape)
    }

    /// x plus a learned number for each token and feature; parameter `parameter` (1, token, feature). No stage of its own.
    pub fn position_embedding(&mut self, path: &str, x: &Value, parameter: &str) -> Value {
        let [n_tokens, n_features] = self.tokens_of(path, x);
        let learned = self.declare(parameter.to_owned(), &[1, n_tokens, n_features], Init::Spread(0.02));
        self.node(path, Arc::new(Binary::Add), &[&x.name, &learned], x.shape.clone())
    }

    /// The first token's features; no stage of its own.
    pub fn first_token(&mut self, path: &str, x: &Value) -> Value {
        let [_, n_features] = self.tokens_of(path, x);
        let first = self.constant(format!("{path}.index"), HostTensor::from_i64(&[], vec![0]));
        self.node(path, Arc::new(Gather { axis: 1 }), &[&x.name, &first], vec![n_features])
    }

    /// Numbers of tokens and features, or a refusal and 1 × 1.
    fn tokens_of(&mut self, at: &str, x: &Value) -> [usize; 2] {
        if let [n_tokens, n_features] = x.shape[..] {
            return [n_tokens, n_features];
        }
        self.refuse_shape(at, x, "(token, feature)");
        [1, 1]
    }
}

#[cfg(test)]
mod tests {
    use super::Builder;

    #[test]
    fn attention_declares_pytorchs_parameters() {
        let (mut b, image) = Builder::new("net", [4, 4]);
        let x = b.tokens_from_image("tokens", &image);
        let x = b.class_token("with_class", &x, "class_token");
        let x = b.linear_of_tokens("widen", &x, 8);
        let x = b.self_attention("self_attention", &x, 2);
        assert_eq!(x.shape(), [17, 8]);
        let architecture = b.finish(&x).expect("built");
        let declared: Vec<(&str, &[usize])> = architecture
            .declarations
            .iter()
            .skip(3)
            .map(|declaration| (declaration.name.as_str(), declaration.shape.as_slice()))
            .collect();
        assert_eq!(
            declared,
            [
                ("self_attention.in_proj_weight", &[24, 8][..]),
                ("self_attention.in_proj_bias", &[24]),
                ("self_attention.out_proj.weight", &[8, 8]),
                ("self_attention.out_proj.bias", &[8]),
            ]
        );
    }

    #[test]
    fn heads_must_share_the_features() {
        let (mut b, image) = Builder::new("net", [4, 4]);
        let x = b.tokens_from_image("tokens", &image);
        let x = b.self_attention("self_attention", &x, 2);
        assert!(b.finish(&x).is_err(), "3 features cannot be shared by 2 heads");
    }
}
