import type { Tensor } from "../../core/tensor.js";
import {
  byScore,
  type Decoder,
  type DetectorFacts,
  fromCentre,
  fromHead,
  inPixels,
  rows,
  softmax,
  tensorsOf,
} from "./decoding.js";
import type { Detection, DetectorOutputs } from "./types.js";

/** The one list of rows or columns; undefined where there are none or several. */
function onlyMatrix(outputs: DetectorOutputs): Tensor | undefined {
  const [matrix, ...others] = matricesOf(outputs);
  return others.length === 0 ? matrix : undefined;
}

const matricesOf = (outputs: DetectorOutputs) =>
  tensorsOf(outputs).flatMap(([, tensor]) => (tensor.dims.length === 3 && tensor.dims[0] === 1 ? [tensor] : []));

/** Numbers of the seventeen keypoints of COCO. */
const COCO_KEYPOINTS = 51;

/** How many of the columns behind the boxes are classes; others are of masks, keypoints or angles. */
function classColumns(
  columns: number,
  outputs: DetectorOutputs,
  { names, labels, ultralytics }: DetectorFacts,
): number {
  if (names !== undefined && names <= columns) return names;
  const prototypes = tensorsOf(outputs).find(([, { dims }]) => dims.length === 4)?.[1].dims ?? [];
  const masks = [prototypes[1], prototypes[3]].find((count) => count === 32) ?? prototypes[1] ?? 0;
  const { task, keypoints = COCO_KEYPOINTS } = ultralytics ?? {};
  const others = { segment: masks, pose: keypoints, obb: 1, detect: 0, classify: 0 }[task ?? "segment"];
  if (labels !== undefined && columns - labels === (task ? others : COCO_KEYPOINTS)) return labels;
  return others < columns ? columns - others : columns;
}

/** Columns behind box and objectness of version 5, behind the box of version 8. */
const columnsOf5 = (outputs: DetectorOutputs) => (onlyMatrix(outputs)?.dims[2] ?? 5) - 5;
const columnsOf8 = (outputs: DetectorOutputs) => (onlyMatrix(outputs)?.dims[1] ?? 4) - 4;

/** YOLO v5 and v7: rows [x, y, width, height, objectness, classes …] in pixels. */
export const yolov5: Decoder = {
  name: "yolov5",
  outputs: "[1, n, 5 + classes]",
  fits: (outputs) => {
    const [count, width] = onlyMatrix(outputs)?.dims.slice(1) ?? [];
    return width > 5 && count > width;
  },
  classes: (outputs, facts = {}) => classColumns(columnsOf5(outputs), outputs, facts),
  unread: (outputs, facts = {}) => columnsOf5(outputs) - classColumns(columnsOf5(outputs), outputs, facts),
  decode(outputs, _, options) {
    const matrix = onlyMatrix(outputs) as Tensor;
    const width = matrix.dims[2];
    const anchors = rows(matrix, width).map((row) => ({
      box: () => fromCentre(row[0], row[1], row[2], row[3]),
      probabilities: row.slice(5, 5 + (options.classes ?? width - 5)),
      objectness: row[4],
    }));
    return fromHead(anchors, options);
  },
};

/** YOLO v8 and v11: columns [x, y, width, height, classes …] in pixels. */
export const yolov8: Decoder = {
  name: "yolov8",
  outputs: "[1, 4 + classes, n]",
  fits: (outputs) => {
    const [width, count] = onlyMatrix(outputs)?.dims.slice(1) ?? [];
    return width > 4 && count > width;
  },
  classes: (outputs, facts = {}) => classColumns(columnsOf8(outputs), outputs, facts),
  unread: (outputs, facts = {}) => columnsOf8(outputs) - classColumns(columnsOf8(outputs), outputs, facts),
  decode(outputs, _, options) {
    const { data, dims } = onlyMatrix(outputs) as Tensor;
    const [, width, count] = dims;
    const classes = options.classes ?? width - 4;
    const anchors = Array.from({ length: count }, (_, i) => {
      const at = (row: number) => data[row * count + i];
      return {
        box: () => fromCentre(at(0), at(1), at(2), at(3)),
        probabilities: Float32Array.from({ length: classes }, (_, label) => at(4 + label)),
      };
    });
    return fromHead(anchors, options);
  },
};

/** Rows that a head without suppression gives at most. */
const MOST_ROWS = 1000;

/**
 * YOLO v10, v26 and other heads without suppression: rows [x1, y1, x2, y2, score, label] in pixels; masks or keypoints may
 * follow.
 */
export const endToEnd: Decoder = {
  name: "end-to-end",
  outputs: "[1, n, 6]",
  fits(outputs) {
    const matrix = onlyMatrix(outputs);
    const width = matrix?.dims[2] ?? 0;
    if (!matrix || width < 6 || (width > 6 && matrix.dims[1] <= width)) return false;
    const table = rows(matrix, width);
    if (!table.every(([, , , , score, label]) => score >= 0 && score <= 1 && label >= 0 && Number.isInteger(label)))
      return false;
    return width === 6 || (table.length <= MOST_ROWS && table.some((row) => row[5] > 0));
  },
  classes: () => undefined,
  decode(outputs, input, options) {
    const matrix = onlyMatrix(outputs) as Tensor;
    const table = rows(matrix, matrix.dims[2]);
    const place = inPixels(table, input);
    const objects = table.map(
      ([x1, y1, x2, y2, score, label]): Detection => ({ box: place([x1, y1, x2, y2]), label, score }),
    );
    return byScore(
      objects.filter(({ score }) => score >= options.confidence),
      options,
    );
  },
};

const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
] as const;

/** Top left corners of all cells of an input's grids, finest first, where there are so many. */
function gridCells({ input }: DetectorFacts, count: number): { x: number; y: number; stride: number }[] | undefined {
  if (!input) return undefined;
  for (const strides of STRIDES) {
    const cells = strides.flatMap((stride) => {
      const [columns, lines] = [Math.ceil(input.width / stride), Math.ceil(input.height / stride)];
      return Array.from({ length: columns * lines }, (_, i) => ({
        x: (i % columns) * stride,
        y: Math.floor(i / columns) * stride,
        stride,
      }));
    });
    if (cells.length === count) return cells;
  }
  return undefined;
}

/**
 * YOLOX as it is exported by default: rows [x, y, width, height, objectness, classes …], one a cell, where centres are in
 * cells from the cell's corner and sizes are logarithms of cells. Ge et al., "YOLOX: Exceeding YOLO series in 2021".
 */
export const yolox: Decoder = {
  name: "yolox",
  outputs: "[1, cells, 5 + classes], not decoded",
  fits(outputs, facts = {}) {
    const matrix = onlyMatrix(outputs);
    const [count, width] = matrix?.dims.slice(1) ?? [];
    if (!matrix || !(width > 5) || !gridCells(facts, count)) return false;
    // sizes in pixels are never negative, their logarithms are
    return rows(matrix, width).some((row) => row[2] < 0 || row[3] < 0);
  },
  classes: (outputs) => (onlyMatrix(outputs)?.dims[2] ?? 5) - 5,
  decode(outputs, input, options) {
    const matrix = onlyMatrix(outputs) as Tensor;
    const cells = gridCells({ input }, matrix.dims[1]) ?? [];
    const anchors = rows(matrix, matrix.dims[2]).map((row, i) => {
      const { x, y, stride } = cells[i];
      const size = (value: number) => Math.exp(value) * stride;
      return {
        box: () => fromCentre(x + row[0] * stride, y + row[1] * stride, size(row[2]), size(row[3])),
        probabilities: row.slice(5),
        objectness: row[4],
      };
    });
    return fromHead(anchors, options);
  },
};

interface PicoDetScale {
  readonly scores: Tensor;
  /** Of the distances to the box's four sides, in cells. */
  readonly distributions: Tensor;
  readonly stride: number;
}

/** The pairs of outputs of one number of cells each; undefined where the outputs are no such pairs. */
function picoDetScales(outputs: DetectorOutputs, { input }: DetectorFacts): PicoDetScale[] | undefined {
  const matrices = matricesOf(outputs);
  const counts = [...new Set(matrices.map(({ dims }) => dims[1]))];
  if (!input || counts.length < 2 || matrices.length !== 2 * counts.length) return undefined;
  const scales = counts.map((count): PicoDetScale | undefined => {
    const [scores, distributions] = matrices.filter(({ dims }) => dims[1] === count);
    const stride = Math.round(Math.sqrt((input.width * input.height) / count));
    const cells = Math.ceil(input.width / stride) * Math.ceil(input.height / stride);
    const bins = (distributions?.dims[2] ?? 0) / 4;
    return cells === count && Number.isInteger(bins) && bins > 1 ? { scores, distributions, stride } : undefined;
  });
  return scales.includes(undefined) ? undefined : (scales as PicoDetScale[]);
}

/**
 * PicoDet and others with generalized focal loss, without their postprocessing: for each scale scores [1, cells, classes]
 * and distributions of the distances to the box's sides [1, cells, 4 · bins]. Yu et al., "PP-PicoDet".
 */
export const picodet: Decoder = {
  name: "picodet",
  outputs: "for each scale [1, cells, classes] and [1, cells, 4 · bins]",
  fits: (outputs, facts = {}) => picoDetScales(outputs, facts) !== undefined,
  classes: (outputs, facts = {}) => picoDetScales(outputs, facts)?.[0].scores.dims[2],
  decode(outputs, input, options) {
    const anchors = (picoDetScales(outputs, { input }) ?? []).flatMap(({ scores, distributions, stride }) => {
      const columns = Math.ceil(input.width / stride);
      const bins = distributions.dims[2] / 4;
      const sides = rows(distributions, 4 * bins);
      return rows(scores, scores.dims[2]).map((probabilities, i) => {
        const [x, y] = [((i % columns) + 0.5) * stride, (Math.floor(i / columns) + 0.5) * stride];
        const distance = (side: number) =>
          stride * softmax(sides[i].slice(side * bins, (side + 1) * bins)).reduce((sum, p, bin) => sum + p * bin, 0);
        return {
          box: () => [x - distance(0), y - distance(1), x + distance(2), y + distance(3)] as const,
          probabilities,
        };
      });
    });
    return fromHead(anchors, options);
  },
};
