import { type Complex, fourier2d } from "../../../core/fourier.js";
import { resample } from "../../../image/resample.js";
import { lumaPlane, type Property } from "./property.js";
import type { View } from "./view.js";

/** Side at which spectra are measured, their bands of frequencies, and of directions. */
const SIDE = 64;
const EDGES = [2, 4, 8, 16, 32];
const DIRECTIONS = 4;

/**
 * Which frequencies and directions a picture has how much of. It is given by taking over the amplitudes of the other
 * picture's luma while the phases, which say where things are, stay (Oppenheim & Lim, "The importance of phase in
 * signals", Proceedings of the IEEE 1981).
 */
export const texture: Property = {
  name: "texture",
  async measure({ seen }) {
    const whole = { x: 0, y: 0, width: SIDE, height: SIDE };
    const small = await resample(seen, { width: SIDE, height: SIDE }, whole, "bilinear");
    const { re, im } = spectrum(lumaPlane({ seen: small }), SIDE, SIDE);
    const energies = new Float64Array((EDGES.length - 1) * DIRECTIONS);
    for (let i = 0; i < re.length; i++) {
      const [u, v] = [signed(i % SIDE), signed(Math.floor(i / SIDE))];
      const band = EDGES.findIndex((edge, k) => Math.hypot(u, v) >= edge && Math.hypot(u, v) < EDGES[k + 1]);
      if (band < 0) continue;
      const turn = (Math.atan2(v, u) / Math.PI + 1 + 1 / (2 * DIRECTIONS)) % 1;
      energies[band * DIRECTIONS + Math.floor(turn * DIRECTIONS)] += re[i] ** 2 + im[i] ** 2;
    }
    const total = energies.reduce((sum, value) => sum + value, 0);
    return Array.from(energies, (value) => Math.log(1e-4 + value / (total || 1)));
  },
  edit(view, donor) {
    const { data, width, height } = view.seen;
    const luma = lumaPlane(view);
    const [own, other] = [spectrum(luma, width, height), spectrumOf(donor)];
    for (let i = 1; i < own.re.length; i++) {
      const length = Math.hypot(own.re[i], own.im[i]);
      const scale = length > 0 ? Math.hypot(other.re[i], other.im[i]) / length : 0;
      own.re[i] *= scale;
      own.im[i] *= scale;
    }
    const { re } = fourier2d(own, width, height, true);
    return Uint8ClampedArray.from(data, (value, i) => {
      const place = Math.floor(i / 3);
      return value + re[place] - luma[place];
    });
  },
};

const signed = (frequency: number) => (frequency > SIDE / 2 ? frequency - SIDE : frequency);

function spectrum(plane: Float32Array, width: number, height: number): Complex {
  return fourier2d({ re: Float64Array.from(plane), im: new Float64Array(plane.length) }, width, height);
}

/** Donors give to several pictures. */
const spectra = new WeakMap<View, Complex>();

function spectrumOf(view: View): Complex {
  const known = spectra.get(view) ?? spectrum(lumaPlane(view), view.seen.width, view.seen.height);
  spectra.set(view, known);
  return known;
}
