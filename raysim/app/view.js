"use strict";
// Draws one frame into five Plotly figures; the slider swaps frames with Plotly.react.

const page = JSON.parse(document.getElementById("data").textContent);
const CONFIG = {
  displaylogo: false, responsive: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"], // the page stays off the network
};
const TARGET = "#ff2fa0"; // seen on grey pictures and on all map colours
const FRAMES_PER_SECOND = 6;
let current = 0;
let playing = false;

function bytes(text) {
  const raw = atob(text);
  const array = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) array[i] = raw.charCodeAt(i);
  return array;
}

// Grey PNG -> rows of numbers; 0..255 maps to low..high, and 0 to "no value" where asked.
async function rows(png, low, high, zeroIsNothing) {
  const image = new Image();
  image.src = png;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const grey = context.getImageData(0, 0, image.width, image.height).data;
  const first = zeroIsNothing ? 1 : 0;
  const step = (high - low) / (255 - first);
  const result = [];
  for (let y = 0; y < image.height; y++) {
    const row = new Float32Array(image.width);
    for (let x = 0; x < image.width; x++) {
      const value = grey[4 * (y * image.width + x)];
      row[x] = value < first ? NaN : low + (value - first) * step;
    }
    result.push(row);
  }
  return result;
}

function layout(x, y, more) {
  return Object.assign({
    margin: { l: 58, r: 12, t: 30, b: 46 }, showlegend: false, uirevision: "keep", hovermode: "closest",
    font: { size: 12, color: "#1d232b" }, paper_bgcolor: "#fff", plot_bgcolor: "#fff", xaxis: x, yaxis: y,
  }, more);
}

function axis(title, range, more) {
  return Object.assign({ title: { text: title, standoff: 8 }, range: range, zeroline: false, ticks: "outside" }, more);
}

function pictureAxes() {
  const { width, height } = page.picture;
  return [
    axis("column [px]", [0, width], { showgrid: false, constrain: "domain" }),
    axis("row [px]", [height, 0], { showgrid: false, scaleanchor: "x", constrain: "domain" }),
  ];
}

function describe(thing) {
  const sign = (value) => (value <= -0.05 ? "−" : "+") + Math.abs(value).toFixed(1);
  return `${thing.name}: range ${thing.range.toFixed(1)} m, azimuth ${sign(thing.azimuth)}°, ` +
    `closing ${sign(thing.velocity)} m/s, ${Math.round(100 * thing.visibility)} % visible`;
}

function cameraFigure(frame) {
  const [x, y] = pictureAxes();
  const { width, height } = page.picture;
  const traces = frame.things.filter((thing) => thing.box).map((thing) => {
    const [x0, y0, x1, y1] = thing.box;
    return {
      type: "scatter", mode: "lines", x: [x0, x1, x1, x0, x0], y: [y0, y0, y1, y1, y0], hoveron: "points",
      line: { color: thing.target ? TARGET : page.colours[thing.category], width: thing.target ? 3 : 1.5 },
      hoverinfo: "text", text: describe(thing), name: thing.name,
    };
  });
  const labels = frame.things.filter((thing) => thing.box && thing.target).map((thing) => ({
    x: Math.min(Math.max((thing.box[0] + thing.box[2]) / 2, 0.12 * width), 0.88 * width),
    y: thing.box[1] > 0.08 * height ? thing.box[1] : thing.box[3],
    yanchor: thing.box[1] > 0.08 * height ? "bottom" : "top", yshift: thing.box[1] > 0.08 * height ? 3 : -3,
    text: `${thing.name}, ${thing.range.toFixed(1)} m`, showarrow: false, bgcolor: TARGET,
    font: { color: "#fff", size: 12 }, borderpad: 2,
  }));
  const picture = {
    source: frame.rgb, xref: "x", yref: "y", x: 0, y: 0, sizex: width, sizey: height, sizing: "stretch", layer: "below",
  };
  const corner = { type: "scatter", x: [0, width], y: [0, height], mode: "markers", marker: { opacity: 0 }, hoverinfo: "skip" };
  return [[corner, ...traces], layout(x, y, { images: [picture], annotations: labels })];
}

function colourBar(title, ticks) {
  return Object.assign({ title: { text: title, side: "right" }, thickness: 12, len: 1, outlinewidth: 0 }, ticks);
}

async function depthFigure(frame) {
  const [x, y] = pictureAxes();
  const { low, high } = page.depth;
  const trace = {
    type: "heatmap", z: await rows(frame.depth, low, high, true), x0: 0.5, y0: 0.5, dx: 1, dy: 1, zmin: low, zmax: high,
    colorscale: "Viridis", reversescale: true, colorbar: colourBar("z [m]"), hoverongaps: false,
    hovertemplate: "column %{x:.0f}, row %{y:.0f}<br>%{z:.1f} m<extra></extra>",
  };
  return [[trace], layout(x, y, { plot_bgcolor: "#dfe6ee" })];
}

function markers(things, x) {
  const trace = (list, marker) => ({
    type: "scatter", mode: "markers", x: list.map(x), y: list.map((thing) => thing.range), marker: marker,
    text: list.map(describe), hovertemplate: "%{text}<extra></extra>",
  });
  const onMap = things.filter((thing) => thing.on_map);
  return [
    trace(onMap.filter((thing) => !thing.target),
      { symbol: "cross-thin", size: 7, line: { color: "rgba(255,255,255,0.75)", width: 1.2 } }),
    trace(onMap.filter((thing) => thing.target),
      { symbol: "circle-open", size: 20, color: TARGET, line: { color: TARGET, width: 2.5 } }),
  ];
}

const middle = (values, i) => (values[i] + values[i + 1]) / 2;
const limits = (values) => [
  values[0] - (middle(values, 0) - values[0]), values.at(-1) + (values.at(-1) - middle(values, values.length - 2)),
];

async function mapFigure(source, png, horizontal, range, title, hover, things, x) {
  const trace = {
    type: "heatmap", z: await rows(png, source.low, source.high, false), x: horizontal, y: source.range,
    zmin: source.low, zmax: source.high, colorscale: "Viridis", colorbar: colourBar("power over noise [dB]"),
    hovertemplate: hover + ", %{y:.1f} m<br>%{z:.1f} dB<extra></extra>",
  };
  return [
    [trace, ...markers(things, x)],
    layout(axis(title, range), axis("range [m]", [0, limits(page.heatmap.range)[1]])),
  ];
}

// All echoes on the fine map, or those that move on the radar's own beams.
function heatmapFigure(frame) {
  const kind = document.getElementById("echoes").value;
  return mapFigure(
    page[kind], frame[kind], page[kind].azimuth, limits(page.heatmap.azimuth), "azimuth [°], positive right",
    "%{x:.1f}°", frame.things, (thing) => thing.azimuth);
}

const dopplerFigure = (frame) => mapFigure(
  page.doppler, frame.doppler, page.doppler.velocity, limits(page.doppler.velocity),
  "radial velocity [m/s], closing positive", "%{x:.2f} m/s", frame.things, (thing) => thing.velocity_seen);

function wireframe(thing) {
  const line = [[], [], []];
  for (let a = 0; a < 8; a++) {
    for (const bit of [1, 2, 4]) {
      if (a & bit) continue;
      for (let i = 0; i < 3; i++) line[i].push(thing.corners[a][i], thing.corners[a | bit][i], null);
    }
  }
  return {
    type: "scatter3d", mode: "lines", x: line[0], y: line[1], z: line[2], hoverinfo: "text", text: describe(thing),
    line: { color: thing.target ? TARGET : page.colours[thing.category], width: thing.target ? 5 : 2 },
  };
}

function lidarFigure(frame) {
  const metres = (text) => Float32Array.from(new Int16Array(bytes(text).buffer), (value) => value * page.lidar.step);
  const category = Array.from(bytes(frame.lidar.category));
  const cloud = {
    type: "scatter3d", mode: "markers", x: metres(frame.lidar.x), y: metres(frame.lidar.y), z: metres(frame.lidar.z),
    marker: { size: 1.8, color: category.map((id) => page.colours[id]) }, text: category.map((id) => page.categories[id]),
    hovertemplate: "%{text}<br>%{x:.1f}, %{y:.1f}, %{z:.1f} m<extra></extra>",
  };
  const [ox, oy, oz] = page.lidar.origin;
  const station = {
    type: "scatter3d", mode: "markers", x: [ox], y: [oy], z: [oz], marker: { size: 5, symbol: "diamond", color: "#111" },
    hovertemplate: "basestation<extra></extra>",
  };
  const side = (title, i) => ({ title: { text: title }, range: page.lidar.limits[i], showbackground: false });
  const scene = {
    xaxis: side("x east [m]", 0), yaxis: side("y north [m]", 1), zaxis: side("z up [m]", 2), aspectmode: "manual",
    aspectratio: page.lidar.aspect,
    camera: page.lidar.camera,
  };
  const margin = { l: 0, r: 0, t: 4, b: 0 };
  return [[cloud, station, ...frame.things.map(wireframe)], layout({}, {}, { scene: scene, margin: margin })];
}

async function show(index) {
  current = index;
  const frame = page.frames[index];
  document.getElementById("slider").value = index;
  document.getElementById("clock").textContent =
    `frame ${frame.index} · t = ${(1000 * frame.time).toFixed(0)} ms`;
  document.getElementById("targets").textContent = frame.things.filter((thing) => thing.target).map(describe).join("; ");
  const figures = {
    camera: cameraFigure(frame), lidar: lidarFigure(frame), depth: depthFigure(frame),
    heatmap: heatmapFigure(frame), doppler: dopplerFigure(frame),
  };
  for (const [name, figure] of Object.entries(figures)) {
    const [traces, arrangement] = await figure;
    await Plotly.react(name, traces, arrangement, CONFIG);
  }
}

async function play() {
  playing = !playing;
  document.getElementById("play").textContent = playing ? "Pause" : "Play";
  while (playing) {
    const start = performance.now();
    await show((current + 1) % page.frames.length);
    await new Promise((done) => setTimeout(done, Math.max(10, 1000 / FRAMES_PER_SECOND - (performance.now() - start))));
  }
}

function legend() {
  const used = new Set(page.frames.flatMap((frame) => Array.from(bytes(frame.lidar.category))));
  const items = [...used].sort((a, b) => a - b).map((id) => [page.colours[id], page.categories[id].replace("_", " ")]);
  for (const [colour, text] of [[TARGET, "target: box, and circle at its centre on the maps"], ...items]) {
    const item = document.createElement("span");
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.style.background = colour;
    item.append(chip, text);
    document.getElementById("legend").append(item);
  }
  document.getElementById("legend").append("+ other road users on the maps", " ◆ basestation");
}

const slider = document.getElementById("slider");
slider.max = page.frames.length - 1;
let wanted = null; // latest place of the slider, while a frame is still being drawn
slider.addEventListener("input", async () => {
  const idle = wanted === null;
  wanted = Number(slider.value);
  while (idle && wanted !== null) {
    const next = wanted;
    await show(next);
    if (wanted === next) wanted = null;
  }
});
document.getElementById("echoes").addEventListener("change", () => show(current));
document.getElementById("play").addEventListener("click", play);
legend();
show(0).then(() => { document.body.dataset.ready = "yes"; });
