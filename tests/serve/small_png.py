"""A screenshot with 256 colours at most, as small as a PNG gets: the noise of a spectrogram takes a third of the bytes."""

import base64
import struct
import zlib

# In the browser: the pixels, as numbers of a palette. Colours that are too many become the nearest frequent one.
TO_PALETTE = """
const [address, done] = arguments;
const image = new Image();
image.onload = () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const keys = new Uint32Array(data.length / 4), counts = new Map(), first = new Map();
  for (let i = 0; i < keys.length; i++) {
    keys[i] = (data[4 * i] & 0xf8) << 16 | (data[4 * i + 1] & 0xf8) << 8 | data[4 * i + 2] & 0xf8;
    counts.set(keys[i], (counts.get(keys[i]) ?? 0) + 1);
    if (!first.has(keys[i])) first.set(keys[i], [...data.slice(4 * i, 4 * i + 3)]);
  }
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([key]) => key);
  const parts = (key) => [key >> 16, key >> 8 & 255, key & 255];
  const distance = (a, b) => parts(a).reduce((sum, part, i) => sum + (part - parts(b)[i]) ** 2, 0);
  const places = new Map(frequent.map((key, i) => [key, i]));
  for (const key of counts.keys())
    if (!places.has(key)) places.set(key, frequent.reduce((best, other, i) =>
      (distance(key, other) < distance(key, frequent[best]) ? i : best), 0));
  let pixels = "";
  for (const key of keys) pixels += String.fromCharCode(places.get(key));
  done([image.width, image.height, frequent.map((key) => first.get(key)), btoa(pixels)]);
};
image.src = address;
"""


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def write(driver, png, path):
    """png: base64 of a picture. The driver's browser reads it, on a page of its own."""
    driver.get("about:blank")
    width, height, palette, pixels = driver.execute_async_script(TO_PALETTE, f"data:image/png;base64,{png}")
    pixels = base64.b64decode(pixels)
    rows = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(height))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)) +
                   chunk(b"PLTE", bytes(part for colour in palette for part in colour)) +
                   chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
