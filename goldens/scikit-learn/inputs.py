"""Fixed inputs that Rust and Python both make: the uniform draws of homolog_stats::random::Rng (SplitMix64)."""
from importlib.metadata import version

import numpy as np

MASK = (1 << 64) - 1


def uniform(seed, shape):
    state, out = seed, []
    for _ in range(int(np.prod(shape))):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        bits = state
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
        out.append(((bits ^ (bits >> 31)) >> 11) / 2**53)
    return np.array(out).reshape(shape)


def regression(seed, n_stimuli, n_features, n_targets):
    """Features and targets that share six latent variables."""
    latent = uniform(seed, (n_stimuli, 6)) - 0.5
    features = latent @ uniform(seed + 1, (6, n_features)) + 0.3 * uniform(seed + 2, (n_stimuli, n_features))
    targets = latent @ (uniform(seed + 3, (6, n_targets)) - 0.3) + 0.4 * uniform(seed + 4, (n_stimuli, n_targets))
    return features, targets


def versions(*names):
    return {name: version(name) for name in names}
