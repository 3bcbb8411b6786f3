"""Modules made of torch.nn's layers, for `modules.py`."""

from __future__ import annotations

from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Activations(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([
            nn.ReLU(inplace=True), nn.ReLU6(), nn.ELU(), nn.SELU(), nn.CELU(), nn.GELU(), nn.GELU("tanh"),
            nn.SiLU(), nn.Mish(), nn.Hardswish(), nn.Hardsigmoid(), nn.Hardtanh(), nn.LeakyReLU(), nn.PReLU(),
            nn.RReLU(), nn.Sigmoid(), nn.Tanh(), nn.Softplus(), nn.Softsign(), nn.Softshrink(),
            nn.Hardshrink(), nn.Tanhshrink(), nn.LogSigmoid(), nn.Threshold(0.1, 0.2), nn.Softmax(-1),
            nn.LogSoftmax(-1), nn.Softmin(-1), nn.Identity(), nn.Dropout(), nn.AlphaDropout(),
        ])

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        for layer in self.layers:
            total = total + layer(x.clone())
        return total + F.glu(torch.cat([x, x], -1), -1) + F.gumbel_softmax(x, 1e9)


class Convolutions1d(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(3, 4, 3, padding="same"), nn.BatchNorm1d(4), nn.Conv1d(4, 4, 3, groups=2),
            nn.ConvTranspose1d(4, 6, 3, stride=2), nn.InstanceNorm1d(6, affine=True), nn.MaxPool1d(2),
            nn.AvgPool1d(2), nn.ReflectionPad1d(2), nn.ReplicationPad1d(1), nn.ConstantPad1d(1, 0.5),
            nn.Conv1d(6, 4, 3, padding=1, padding_mode="circular"), nn.LPPool1d(2, 2),
            nn.AdaptiveAvgPool1d(4), nn.AdaptiveMaxPool1d(2), nn.GroupNorm(2, 4),
            nn.Upsample(scale_factor=2.0, mode="linear"))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Convolutions2d(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True),
            nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.SiLU(inplace=True), nn.Conv2d(8, 8, 3, dilation=2),
            nn.ConvTranspose2d(8, 4, 2, stride=2), nn.InstanceNorm2d(4), nn.GroupNorm(2, 4),
            nn.LocalResponseNorm(2), nn.MaxPool2d(2), nn.AvgPool2d(2, ceil_mode=True), nn.ZeroPad2d(1),
            nn.ReflectionPad2d(1), nn.Dropout2d(), nn.Upsample(scale_factor=2.0, mode="bilinear"),
            nn.UpsamplingNearest2d(scale_factor=2.0), nn.PixelShuffle(2), nn.PixelUnshuffle(2),
            nn.ChannelShuffle(2), nn.LPPool2d(2, 2), nn.AdaptiveMaxPool2d(4), nn.AdaptiveAvgPool2d((2, 2)),
            nn.Flatten(), nn.Linear(16, 5))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Convolutions3d(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv3d(2, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ConvTranspose3d(4, 2, 2, stride=2),
            nn.InstanceNorm3d(2), nn.MaxPool3d(2), nn.AvgPool3d(2), nn.ReplicationPad3d(1),
            nn.Upsample(scale_factor=2.0, mode="trilinear"), nn.AdaptiveAvgPool3d(2), nn.Dropout3d())

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Unpooling(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pooled, indices = F.max_pool2d_with_indices(x, [2, 2], [2, 2])
        return F.max_unpool2d(pooled, indices, [2, 2], [2, 2])


class FoldsAndGrids(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        columns = F.unfold(x, [2, 2], stride=[2, 2])
        x = F.fold(columns, [8, 8], [2, 2], stride=[2, 2])
        theta = torch.eye(2, 3).unsqueeze(0).repeat(x.size(0), 1, 1)
        grid = F.affine_grid(theta, [x.size(0), x.size(1), 6, 6], align_corners=False)
        sampled = F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
        return F.grid_sample(sampled, grid, mode="bicubic", padding_mode="reflection", align_corners=True)


class Resizes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        a = F.interpolate(x, [5, 5], mode="bicubic", antialias=True, align_corners=False)
        b = F.interpolate(x, [5, 5], mode="bilinear", antialias=True)
        c = F.interpolate(x, [5, 5], mode="nearest-exact")
        d = F.interpolate(x, [5, 5], mode="area")
        return a + b + c + d + F.interpolate(x, scale_factor=0.625, mode="bicubic")


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(6, 5, batch_first=True)
        self.rnn = nn.RNN(5, 4, nonlinearity="relu", batch_first=True)
        self.projected = nn.LSTM(4, 6, proj_size=2, batch_first=True)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        x, _ = self.lstm(x)
        x, _ = self.gru(x)
        x, _ = self.rnn(x)
        x, (h, c) = self.projected(x)
        return x, h


class Packed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths + 1, batch_first=True, enforce_sorted=False)
        out, _ = self.lstm(packed)
        padded, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
        return padded


class Cells(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.gru, self.rnn = nn.LSTMCell(4, 3), nn.GRUCell(3, 3), nn.RNNCell(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        h, c, g = torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3)
        for step in range(x.size(1)):
            h, c = self.lstm(x[:, step], (h, c))
            g = self.rnn(self.gru(h, g))
        return g


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tuple[Tensor, Optional[Tensor]]:
        return self.attention(x, x, x, need_weights=True)


class ScaledAttention(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        heads = x.view(2, 3, 2, 4).transpose(1, 2)
        mask = torch.ones(3, 3, dtype=torch.bool, device=x.device).tril()
        a = F.scaled_dot_product_attention(heads, heads, heads, attn_mask=mask)
        b = F.scaled_dot_product_attention(heads, heads, heads, is_causal=True, scale=0.3)
        return (a + b).transpose(1, 2).flatten(2)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.encoder(x, src_key_padding_mask=mask.to(torch.bool))


class WholeTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.transformer = nn.Transformer(8, 2, 1, 1, 16, batch_first=True, norm_first=True)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        mask = torch.triu(torch.full([target.size(1), target.size(1)], float("-inf")), diagonal=1)
        return self.transformer(source, target, tgt_mask=mask)


class Embeddings(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(10, 4, padding_idx=0)
        self.limited = nn.Embedding(10, 4, max_norm=1.0)
        self.bag = nn.EmbeddingBag(10, 4, mode="mean")
        self.sums = nn.EmbeddingBag(10, 4, mode="sum", include_last_offset=True)
        self.largest = nn.EmbeddingBag(10, 4, mode="max")

    def forward(self, tokens: Tensor) -> Tensor:
        flat = tokens.flatten()
        offsets = torch.arange(0, flat.size(0) + 1, tokens.size(1))
        bags = self.bag(tokens) + self.sums(flat, offsets) + self.largest(tokens)
        return bags + self.words(tokens).sum(1) + self.limited(tokens).mean(1)


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.root = nn.LayerNorm([4, 6]), nn.RMSNorm(6)
        self.linear = nn.utils.weight_norm(nn.Linear(6, 6))

    def forward(self, x: Tensor) -> Tensor:
        x = F.normalize(self.linear(self.root(self.layer(x))), dim=-1)
        return F.batch_norm(x, None, None, training=True)


class Losses(nn.Module):
    def forward(self, x: Tensor, y: Tensor, classes: Tensor) -> Tensor:
        probabilities, signs = torch.sigmoid(x), torch.sign(y)
        return torch.stack([
            F.mse_loss(x, y), F.l1_loss(x, y), F.smooth_l1_loss(x, y), F.huber_loss(x, y),
            F.cross_entropy(x, classes, label_smoothing=0.1), F.nll_loss(F.log_softmax(x, 1), classes),
            F.binary_cross_entropy(probabilities, torch.sigmoid(y)), F.soft_margin_loss(x, signs),
            F.binary_cross_entropy_with_logits(x, torch.sigmoid(y)), F.hinge_embedding_loss(x, signs),
            F.kl_div(F.log_softmax(x, 1), F.softmax(y, 1), reduction="batchmean"),
            F.poisson_nll_loss(x, y.abs()),
            F.multi_margin_loss(x, classes), F.multilabel_soft_margin_loss(x, probabilities),
            F.margin_ranking_loss(x[0], y[0], signs[0]), F.triplet_margin_loss(x, y, x + y),
            F.cosine_embedding_loss(x, y, torch.ones(x.size(0))),
        ])


class Ctc(nn.Module):
    def forward(self, x: Tensor, targets: Tensor) -> Tensor:
        scores = F.log_softmax(x, 2)
        return F.ctc_loss(scores, targets + 1, torch.tensor([6, 6]), torch.tensor([3, 2]))
