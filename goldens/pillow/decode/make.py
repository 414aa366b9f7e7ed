"""Small JPEG, PNG and TIFF files of every kind that homolog reads, and the pixels that Pillow gives for them.

    python make.py        writes images/* and golden.json beside this file

Needs numpy and pillow. For each file: Image.open(file).convert("RGB"), except that
- alpha is composed on grey 128 by Image.paste with the alpha as mask (convert would drop it), and
- 16-bit grey is reduced to its high byte (convert would clip it at 255).
golden.json keeps width, height and the SHA-256 of the bytes (height, width, 3), and the first pixels for a look.
"""
import hashlib, json, struct, zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, features

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "images"
WIDTH, HEIGHT = 37, 23


def pattern(n_channels, seed, top=255):
    """Smooth ramps with a little texture, so that JPEG has something to do."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    planes = []
    for c in range(n_channels):
        ramp = (x * (3 + c) + y * (5 - c) + seed * 31 + 40 * np.sin(x / (2.0 + c)) + 30 * np.cos(y / 3.0)) / 300
        planes.append((np.abs(ramp) % 1.0) * top)
    a = np.stack(planes, -1)
    return a[..., 0] if n_channels == 1 else a


def png(path, values, bit_depth, colour_type):
    """A PNG that Pillow does not write itself: 2 and 4 bit grey, 16 bit with several channels."""
    h, w = values.shape[:2]
    if bit_depth == 16:
        rows = [values[r].astype(">u2").tobytes() for r in range(h)]
    else:
        per = 8 // bit_depth
        rows = []
        for r in range(h):
            line = np.zeros(-(-w // per) * per, np.uint8)
            line[:w] = values[r]
            packed = np.zeros(len(line) // per, np.uint8)
            for k in range(per):
                packed |= line[k::per] << (8 - bit_depth * (k + 1))
            rows.append(packed.tobytes())
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + r for r in rows)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bit_depth, colour_type, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def make_images():
    IMAGES.mkdir(exist_ok=True)
    u8 = lambda n, seed=0: pattern(n, seed).astype(np.uint8)
    u16 = lambda n, seed=0: pattern(n, seed, 65535).astype(np.uint16)
    rgb, grey, rgba = Image.fromarray(u8(3)), Image.fromarray(u8(1)), Image.fromarray(u8(4))
    grey_alpha = Image.merge("LA", [grey, Image.fromarray(u8(1, 3))])
    palette = rgb.quantize(16)
    cmyk = Image.fromarray(u8(4, 2), "CMYK")
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        rgb.save(IMAGES / f"colour_{name}.jpg", quality=87, subsampling=sampling)
    rgb.save(IMAGES / "colour_progressive.jpg", quality=70, progressive=True, optimize=True)
    grey.save(IMAGES / "grey.jpg", quality=90)
    cmyk.save(IMAGES / "cmyk.jpg", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(IMAGES / "colour_exif_rotated.jpg", quality=80, exif=exif)
    rgb.save(IMAGES / "colour.png")
    grey.save(IMAGES / "grey.png")
    grey.convert("1").save(IMAGES / "grey_1_bit.png")
    rgba.save(IMAGES / "colour_alpha.png")
    grey_alpha.save(IMAGES / "grey_alpha.png")
    palette.save(IMAGES / "palette.png")
    palette.save(IMAGES / "palette_4_bit.png", bits=4)
    Image.fromarray(u16(1)).save(IMAGES / "grey_16_bit.png")
    png(IMAGES / "grey_2_bit.png", pattern(1, 0, 3.99).astype(np.uint8), 2, 0)
    png(IMAGES / "grey_4_bit.png", pattern(1, 0, 15.99).astype(np.uint8), 4, 0)
    png(IMAGES / "grey_alpha_16_bit.png", u16(2), 16, 4)
    png(IMAGES / "colour_16_bit.png", u16(3), 16, 2)
    png(IMAGES / "colour_alpha_16_bit.png", u16(4), 16, 6)
    rgb.save(IMAGES / "colour.tif")
    rgb.save(IMAGES / "colour_lzw.tif", compression="tiff_lzw")
    rgb.save(IMAGES / "colour_deflate.tif", compression="tiff_adobe_deflate")
    rgb.save(IMAGES / "colour_packbits.tif", compression="packbits")
    grey.save(IMAGES / "grey.tif")
    grey.convert("1").save(IMAGES / "grey_1_bit.tif")
    rgba.save(IMAGES / "colour_alpha.tif")
    Image.fromarray(u16(1)).save(IMAGES / "grey_16_bit.tif")


def pixels(path):
    image = Image.open(path)
    if image.mode.startswith("I;16"):
        high = (np.asarray(image) >> 8).astype(np.uint8)
        return np.repeat(high[..., None], 3, -1)
    if image.mode in ("RGBA", "LA"):
        background = Image.new("RGB", image.size, (128, 128, 128))
        background.paste(image.convert("RGB"), mask=image.getchannel("A"))
        return np.asarray(background)
    return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    make_images()
    golden = {"pillow": PIL.__version__, "libjpeg": features.version("jpg"), "libjpeg_turbo": features.version("libjpeg_turbo"),
              "libtiff": features.version("libtiff"), "numpy": np.__version__, "files": {}}
    for path in sorted(IMAGES.iterdir()):
        a = np.ascontiguousarray(pixels(path))
        golden["files"][path.name] = {"width": a.shape[1], "height": a.shape[0], "sha256": hashlib.sha256(a.tobytes()).hexdigest(),
                                      "first": a.reshape(-1)[:6].tolist()}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
