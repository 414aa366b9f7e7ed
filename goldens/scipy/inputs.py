"""The fixed inputs of the goldens, drawn by the same generator on both sides: that of ../rsatoolbox/inputs.py."""
import importlib.util
import platform
from importlib.metadata import version
from pathlib import Path

spec = importlib.util.spec_from_file_location("generator", Path(__file__).parents[1] / "rsatoolbox" / "inputs.py")
generator = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generator)
uniform = generator.uniform


def versions():
    """Exact versions of what made a golden."""
    return {name: version(name) for name in ("numpy", "scipy")} | {"python": platform.python_version()}
