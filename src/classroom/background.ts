import type { Random } from "../core/random.js";
import type { Colour } from "./raster.js";
import { between } from "./shapes.js";

/** @param hue any number, 1 is once around @param saturation 0…1 @param value 0…1 */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number) => {
    const k = (((n + hue * 6) % 6) + 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

/** Smooth noise, -.5….5: a random lattice of `cells`², interpolated. x and y 0…1. */
function lattice(random: Random, cells: number): (x: number, y: number) => number {
  const values = Float64Array.from({ length: (cells + 1) ** 2 }, () => random.uniform() - 0.5);
  const smooth = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    const column = Math.min(cells - 1, Math.floor(x * cells));
    const row = Math.min(cells - 1, Math.floor(y * cells));
    const u = smooth(x * cells - column);
    const v = smooth(y * cells - row);
    const at = row * (cells + 1) + column;
    const top = values[at] * (1 - u) + values[at + 1] * u;
    const bottom = values[at + cells + 1] * (1 - u) + values[at + cells + 2] * u;
    return top * (1 - v) + bottom * v;
  };
}

/** A texture's brightness at x, y in 0…1, about -.5….6. */
type Texture = (x: number, y: number) => number;

const waves = (random: Random) => Math.PI * between(random, 5, 11);

const textures: readonly ((random: Random) => Texture)[] = [
  function clouds(random) {
    return lattice(random, 4 + random.integer(5));
  },
  function stripes(random) {
    const frequency = 2 * waves(random);
    const angle = between(random, 0, Math.PI);
    return (x, y) => 0.4 * Math.sin(frequency * (x * Math.cos(angle) + y * Math.sin(angle)));
  },
  function dots(random) {
    const frequency = 2 * waves(random);
    return (x, y) => (Math.sin(frequency * x) * Math.sin(frequency * y) > 0.35 ? 0.6 : -0.2);
  },
  function checks(random) {
    const frequency = waves(random);
    return (x, y) => 0.5 * Math.sign(Math.sin(frequency * x) * Math.sin(frequency * y));
  },
  function noise(random) {
    const coarse = lattice(random, 5);
    const fine = lattice(random, 16);
    return (x, y) => 0.5 * coarse(x, y) + 0.7 * fine(x, y);
  },
];

/** A gradient of two pastel hues under one of five textures: [size, size, 3] values 0…1. */
export function background(random: Random, size: number): Float32Array {
  const hue = random.uniform();
  const value = between(random, 0.62, 0.92);
  const first = hsv(hue, between(random, 0.15, 0.4), value);
  const shade = Math.min(1, Math.max(0.5, value + between(random, -0.15, 0.15)));
  const second = hsv(hue + between(random, -0.15, 0.15), between(random, 0.15, 0.4), shade);
  const angle = between(random, 0, 2 * Math.PI);
  const texture = textures[random.integer(textures.length)](random);
  const strength = between(random, 0.1, 0.28);
  const pixels = new Float32Array(size * size * 3);
  for (let i = 0; i < size * size; i++) {
    const x = (i % size) / size;
    const y = Math.floor(i / size) / size;
    const along = (x - 0.5) * Math.cos(angle) + (y - 0.5) * Math.sin(angle) + 0.5;
    const mix = Math.min(1, Math.max(0, along));
    const light = strength * texture(x, y);
    for (let c = 0; c < 3; c++) {
      pixels[i * 3 + c] = Math.min(1, Math.max(0, first[c] + (second[c] - first[c]) * mix + light));
    }
  }
  return pixels;
}
