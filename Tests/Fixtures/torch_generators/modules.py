"""Modules as people write them, for `make_torch_modules.py`."""

from __future__ import annotations

import dataclasses
from typing import Callable, Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import (
    Activations, Convolutions1d, Convolutions2d, Convolutions3d, Unpooling, FoldsAndGrids, Resizes,
    Recurrent, Packed, Cells, Attention, ScaledAttention, Encoder, WholeTransformer, Embeddings,
    Norms, Losses, Ctc)

# Shape and type of an input, and for integers what they are below.
Input = Tuple[List[int], str, int]


def tensor_of(shape: List[int], kind: str, below: int = 0) -> Tensor:
    """The input of a description; the tests make the same one."""
    count = 1
    for size in shape:
        count *= size
    if kind == "INT64":
        return (torch.arange(count) * 7 % below).reshape(shape)
    if kind == "BOOL":
        return (torch.arange(count) % 3 == 0).reshape(shape)
    if kind == "UINT8":
        return (torch.arange(count) * 37 % 256).to(torch.uint8).reshape(shape)
    return ((torch.arange(count) * 37 % 101).float() / 50 - 1).reshape(shape)


def floats(*shape: int) -> Input:
    return (list(shape), "FLOAT", 0)


def integers(below: int, *shape: int) -> Input:
    return (list(shape), "INT64", below)


@dataclasses.dataclass
class Case:
    name: str
    make: Callable[[], nn.Module]
    inputs: List[Input]
    how: str = "script"
    quantize: str = ""
    is_random: bool = False


class Calls(nn.Module):
    """A module around a function."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> object:
        return self.function(*inputs)


class Spectra(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        window = torch.hann_window(16)
        spectrum = torch.stft(x, 16, 4, window=window, return_complex=True)
        back = torch.istft(spectrum, 16, 4, window=window, length=x.size(-1))
        power = torch.view_as_real(torch.fft.rfft(x)).pow(2).sum(-1)
        shifted = torch.fft.fftshift(torch.fft.ifft(torch.fft.fft(x)).real)
        image = torch.fft.irfft2(torch.fft.rfft2(x.view(2, 8, 8)))
        mel = torch.matmul(spectrum.abs().transpose(1, 2), torch.linspace(0, 1, 9 * 4).view(9, 4))
        return torch.log(mel + 1e-3), back + shifted + image.flatten(1) + power.mean()


class Algebra(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        square = x @ x.t() + torch.eye(4) * 3
        u, s, v = torch.linalg.svd(square)
        q, r = torch.linalg.qr(square)
        values = torch.linalg.eigvalsh(square)
        low = torch.linalg.cholesky(square)
        solved = torch.linalg.solve(square, x)
        least = torch.linalg.lstsq(square, x)[0]
        parts = [
            s, values, torch.linalg.norm(square).view(1), torch.linalg.det(square).view(1),
            torch.linalg.slogdet(square)[1].view(1), torch.linalg.matrix_norm(square).view(1),
            torch.linalg.vector_norm(x, dim=1), torch.linalg.inv(square).flatten(),
            torch.linalg.pinv(square).flatten(),
            solved.flatten(), least.flatten(), (q @ r).flatten(), low.flatten(),
            torch.linalg.matrix_power(square, 2).flatten(), torch.trace(square).view(1),
            torch.linalg.solve_triangular(low, x, upper=False).flatten(),
            torch.cholesky_solve(x, low).flatten(), torch.matrix_exp(square / 10).flatten(),
            torch.linalg.cross(x[:, :3], x[:, 1:4]).flatten(), torch.kron(x[0], x[1]),
        ]
        return torch.cat(parts)


class Einsums(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        a = torch.einsum("bij,bjk->bik", x, x.transpose(1, 2))
        b = torch.einsum("bij->bji", x)
        c = torch.tensordot(x, x, dims=([1, 2], [1, 2]))
        return torch.cat([a.flatten(), b.flatten(), c.flatten(), torch.bmm(x, b).flatten()])


class Suppression(nn.Module):
    """Non-maximum suppression in plain operators, as detectors have it."""

    def forward(self, boxes: Tensor, scores: Tensor) -> Tuple[Tensor, Tensor]:
        order = torch.argsort(scores, descending=True)
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        keep: List[int] = []
        while order.numel() > 0:
            best = order[0]
            keep.append(int(best.item()))
            rest = order[1:]
            low = torch.maximum(boxes[best, :2], boxes[rest, :2])
            high = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
            sides = (high - low).clamp(min=0)
            shared = sides[:, 0] * sides[:, 1]
            order = rest[shared / (areas[best] + areas[rest] - shared) <= 0.5]
        kept = torch.tensor(keep, dtype=torch.int64)
        return boxes[kept], scores.index_select(0, kept)


class Indexing(nn.Module):
    def forward(self, x: Tensor, picks: Tensor) -> Tensor:
        values, places = torch.topk(x, 3, dim=1)
        gathered = torch.gather(x, 1, picks) + torch.take_along_dim(x, picks, 1)
        spread = torch.zeros_like(x).scatter(1, picks, 1.0).scatter_add(1, picks, gathered)
        spread = spread.index_add(0, torch.tensor([0, 1]), x[:2]).index_fill(1, torch.tensor([2]), 0.5)
        spread[0, 1:4] = 7.0
        spread[spread > 6] += 1.0
        spread.masked_fill_(x > 0.9, -1.0)
        hot = F.one_hot(places, 8).sum(1).float()
        found = torch.nonzero(x > 0.5).sum().float() + torch.masked_select(x, x > 0).sum()
        order, _ = torch.sort(x, dim=1)
        unique, inverse, counts = torch.unique(picks, return_inverse=True, return_counts=True)
        bins = torch.bincount(picks.flatten(), minlength=8).float() + torch.histc(x, 8)
        where = torch.where(x > 0, x, torch.zeros_like(x)) + torch.bucketize(x, torch.linspace(-1, 1, 5))
        rolled = torch.roll(x, 1, 1).flip(1) + x.cumsum(1) + order + torch.searchsorted(order, x).float()
        strided = x.as_strided([4, 3, 4], [8, 2, 1]).sum([1, 2]).unsqueeze(1)
        pairs = torch.cdist(x, x) + F.pairwise_distance(x, x.roll(1, 0)).unsqueeze(1)
        pooled = x.unfold(1, 4, 2).mean(-1)
        return torch.cat([
            spread + hot + found + where + rolled + bins + strided, pairs, pooled, values,
            counts.float().mean().expand(4, 1), inverse.float(), torch.repeat_interleave(x, 2, 1),
        ], 1)


class Statistics(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([
            x.mean(), x.std(), x.var(), x.median(), torch.quantile(x, 0.3), x.amax(), x.amin(), x.prod(),
            x.logsumexp([0, 1]), x.norm(), torch.dist(x, x + 1), x.abs().max(), x.argmax().float(),
            torch.cov(x).sum(), torch.corrcoef(x).sum(), x.kthvalue(2)[0].sum(), x.mode()[0].sum(),
            torch.nanmean(x), torch.nansum(x), torch.cummax(x, 1)[0].sum(), torch.diff(x).sum(),
            torch.trapz(x).sum(), torch.aminmax(x)[1], torch.var_mean(x)[1], x.any().float(),
            torch.count_nonzero(x).float(), torch.isfinite(x).all().float(), x.round().clamp(-1, 1).sum(),
            torch.lerp(x, x + 1, 0.5).sum(), torch.addcmul(x, x, x).sum(), torch.erf(x).sum(),
            torch.special.expit(x).sum(), torch.lgamma(x.abs() + 1).sum(), torch.atan2(x, x + 2).sum(),
            (x.abs() + 1).log2().sum(), torch.fmod(x, 0.3).sum(), torch.remainder(x, 0.3).sum(),
            torch.floor_divide(x, 0.3).sum(), (x * 100).to(torch.uint8).float().sum() * 0,
            x.to(torch.float16).float().sum(), x.to(torch.bfloat16).float().sum(), x.double().sum().float(),
        ])


class Creations(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        n = x.size(0)
        made = torch.empty(n, n).fill_(2.0) + torch.empty_like(x).zero_()[:, :n] + x.new_empty([n, n]).zero_()
        made = made + torch.zeros(n, n) + x.new_zeros(n, n) + x.new_full([n, n], 0.5) + x.new_ones([n, n])
        made = made + torch.ones_like(made) + torch.full_like(made, 3.0) + torch.arange(n)
        made = made + torch.tril(torch.ones(n, n)) + torch.diag(torch.ones(n)) + torch.tensor([1.5])
        rows, columns = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
        made = made + rows + columns + torch.logspace(0, 1, n) + torch.eye(n)
        return made + torch.tril_indices(n, n)[0, :n] + torch.as_tensor(2)


class Images(nn.Module):
    """Pre-processing of a picture."""

    def forward(self, picture: Tensor) -> Tensor:
        x = picture.permute(2, 0, 1).unsqueeze(0).to(torch.float32).div(255)
        x = F.interpolate(x, [8, 8], mode="bilinear", align_corners=False)
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        x = (x - mean) / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        x = torch.clamp(x[:, [2, 1, 0]], -3, 3).contiguous(memory_format=torch.channels_last)
        return F.pad(x, [1, 1, 1, 1], "reflect").to(dtype=torch.float64, copy=True).float()


class Containers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 2), "b": nn.Linear(4, 2)})

    def forward(self, x: Tensor) -> Tensor:
        found: Dict[str, Tensor] = {}
        for name, head in self.heads.items():
            found[name] = head(x)
        total: Optional[Tensor] = None
        for name in sorted(list(found.keys())):
            total = found[name] if total is None else total + found[name]
        assert total is not None, f"no heads of {len(found)}"
        future = torch.jit.fork(torch.relu, total)
        text = "{}-{}".format(x.size(0), total.dim())
        return torch.jit.wait(future) * len(text.split("-"))


class Sampling(nn.Module):
    """Generation: draws tokens, so only shapes can be compared."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        scores = torch.softmax(x / 0.7, -1)
        ordered, places = torch.sort(scores, descending=True)
        ordered[torch.cumsum(ordered, -1) > 0.9] = 0.0
        tokens = torch.gather(places, 1, torch.multinomial(ordered + 1e-6, 2))
        noise = torch.randn_like(x) + torch.rand(x.shape) + torch.normal(0.0, 1.0, [1])
        noise = noise + torch.randint(0, 3, [1])
        return tokens, torch.bernoulli(torch.sigmoid(noise)) + torch.randperm(x.size(1))


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bilinear, self.unflatten = nn.Bilinear(3, 4, 2), nn.Unflatten(1, (1, 2))
        self.similar, self.distance = nn.CosineSimilarity(), nn.PairwiseDistance()
        self.pool = nn.FractionalMaxPool2d(2, output_size=2)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        z = self.unflatten(self.bilinear(x, y)).squeeze(1)
        return torch.cat([z, self.similar(x, x).unsqueeze(1), self.distance(y, y + 1).unsqueeze(1)], 1)


def traced_cell_and_shapes(x: Tensor) -> Tensor:
    batch, width = x.shape
    return x.reshape(batch * width // 2, 2).expand(3, -1, -1) + torch._shape_as_tensor(x).sum()


class StaticallyQuantized(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quantize, self.restore = torch.ao.quantization.QuantStub(), torch.ao.quantization.DeQuantStub()
        self.first, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()
        self.pool, self.linear = nn.AdaptiveAvgPool2d(1), nn.Linear(4, 3)
        self.sum = torch.ao.nn.quantized.FloatFunctional()

    def forward(self, x: Tensor) -> Tensor:
        x = self.quantize(x)
        x = self.relu(self.first(x))
        x = self.sum.add(x, F.max_pool2d(x, 3, 1, 1))
        x = torch.flatten(self.pool(x), 1)
        return self.restore(self.linear(x))


def lstm_and_linear() -> nn.Module:
    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.linear = nn.LSTM(4, 3, batch_first=True), nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(self.lstm(x)[0])

    return Tagger()


CASES = [
    Case("activations", Activations, [floats(3, 6)], is_random=True),
    Case("convolutions_1d", Convolutions1d, [floats(2, 3, 32)]),
    Case("convolutions_2d", Convolutions2d, [floats(2, 3, 16, 16)]),
    Case("convolutions_3d", Convolutions3d, [floats(1, 2, 4, 4, 4)]),
    Case("convolutions_1d_traced", Convolutions1d, [floats(2, 3, 32)], "trace"),
    Case("convolutions_2d_traced", Convolutions2d, [floats(2, 3, 16, 16)], "trace"),
    Case("convolutions_3d_traced", Convolutions3d, [floats(1, 2, 4, 4, 4)], "trace"),
    Case("unpooling", Unpooling, [floats(1, 2, 8, 8)]),
    Case("folds_and_grids", FoldsAndGrids, [floats(1, 2, 8, 8)]),
    Case("resizes", Resizes, [floats(1, 2, 8, 8)]),
    Case("recurrent", Recurrent, [floats(2, 5, 4)]),
    Case("recurrent_traced", Recurrent, [floats(2, 5, 4)], "trace"),
    Case("packed", Packed, [floats(2, 5, 4), integers(5, 2)]),
    Case("cells", Cells, [floats(2, 3, 4)]),
    Case("cells_traced", Cells, [floats(2, 3, 4)], "trace"),
    Case("attention", Attention, [floats(2, 3, 8)]),
    Case("attention_traced", Attention, [floats(2, 3, 8)], "trace"),
    Case("scaled_attention", ScaledAttention, [floats(2, 3, 8)]),
    Case("scaled_attention_traced", ScaledAttention, [floats(2, 3, 8)], "trace"),
    Case("encoder", Encoder, [floats(2, 3, 8), integers(1, 2, 3)]),
    Case("encoder_traced", Encoder, [floats(2, 3, 8), integers(1, 2, 3)], "trace"),
    Case("transformer", WholeTransformer, [floats(2, 3, 8), floats(2, 4, 8)]),
    Case("embeddings", Embeddings, [integers(10, 2, 4)]),
    Case("embeddings_traced", Embeddings, [integers(10, 2, 4)], "trace"),
    Case("norms_traced", Norms, [floats(2, 4, 6)], "trace"),
    Case("losses", Losses, [floats(4, 5), floats(4, 5), integers(5, 4)]),
    Case("losses_traced", Losses, [floats(4, 5), floats(4, 5), integers(5, 4)], "trace"),
    Case("ctc", Ctc, [floats(6, 2, 5), integers(4, 2, 3)]),
    Case("spectra", Spectra, [floats(2, 64)]),
    Case("spectra_traced", Spectra, [floats(2, 64)], "trace"),
    Case("algebra", Algebra, [floats(4, 4)]),
    Case("algebra_traced", Algebra, [floats(4, 4)], "trace"),
    Case("einsums", Einsums, [floats(2, 3, 4)]),
    Case("suppression", Suppression, [floats(6, 4), floats(6)]),
    Case("indexing", Indexing, [floats(4, 8), integers(8, 4, 3)]),
    Case("indexing_traced", Indexing, [floats(4, 8), integers(8, 4, 3)], "trace"),
    Case("statistics", Statistics, [floats(4, 5)]),
    Case("statistics_traced", Statistics, [floats(4, 5)], "trace"),
    Case("creations", Creations, [floats(4, 6)]),
    Case("creations_traced", Creations, [floats(4, 6)], "trace"),
    Case("images", Images, [([12, 10, 3], "UINT8", 0)]),
    Case("images_traced", Images, [([12, 10, 3], "UINT8", 0)], "trace"),
    Case("containers", Containers, [floats(2, 4)]),
    Case("sampling", Sampling, [floats(2, 6)], is_random=True),
    Case("mixed", Mixed, [floats(2, 3), floats(2, 4)]),
    Case("mixed_traced", Mixed, [floats(2, 3), floats(2, 4)], "trace"),
    Case("shapes_traced", lambda: Calls(traced_cell_and_shapes), [floats(4, 6)], "trace"),
    Case("quantized_dynamic", lstm_and_linear, [floats(2, 3, 4)], quantize="dynamic"),
    Case("quantized_cells", Cells, [floats(2, 3, 4)], quantize="dynamic"),
    Case("quantized_static", StaticallyQuantized, [floats(1, 3, 8, 8)], quantize="static"),
    Case("quantized_static_traced", StaticallyQuantized, [floats(1, 3, 8, 8)], "trace", "static"),
]
