"""The fixed inputs of the goldens, drawn by the same generator on both sides: SplitMix64, as homolog_stats::random::Rng.

Every value is a uniform number in [0, 1): the upper 53 bits of a draw divided by 2^53, so both sides hold the same bits.
"""
import numpy as np

MASK = (1 << 64) - 1


def uniform(seed, shape):
    """An array of uniform numbers, row by row."""
    values, state = [], seed
    for _ in range(int(np.prod(shape))):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        bits = state
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
        bits ^= bits >> 31
        values.append((bits >> 11) / float(1 << 53))
    return np.array(values).reshape(shape)


def versions():
    """Exact versions of what made a golden."""
    from importlib.metadata import version
    import platform

    return {name: version(name) for name in ("rsatoolbox", "numpy", "scipy")} | {"python": platform.python_version()}
