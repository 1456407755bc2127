"use strict";
// Draws the scene once and the rays by kind; the slider shows fewer of them, a row or a click picks one out.

const page = JSON.parse(document.getElementById("data").textContent);
const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["sendChartToCloud"] };
const CHOSEN = "#ff2fa0";
const FIRST_SHOWN = 100; // rays; more of them hide each other
const WIDTHS = [6, 4, 2]; // of the strongest third of the levels, the middle one and the rest
const view = document.getElementById("scene");
const count = document.getElementById("count");
const opacity = document.getElementById("opacity");
let chosen = -1;

function bytes(text) {
  const raw = atob(text);
  const array = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) array[i] = raw.charCodeAt(i);
  return array.buffer;
}

// Every third number from `start` on.
function column(array, start) {
  const result = new array.constructor(array.length / 3);
  for (let i = 0; i < result.length; i++) result[i] = array[3 * i + start];
  return result;
}

function surface(part) {
  const vertices = new Float32Array(bytes(part.vertices));
  const corners = new Uint32Array(bytes(part.triangles));
  return {
    type: "mesh3d", x: column(vertices, 0), y: column(vertices, 1), z: column(vertices, 2),
    i: column(corners, 0), j: column(corners, 1), k: column(corners, 2), color: part.colour, opacity: 0.55,
    flatshading: true, hoverinfo: "skip", name: part.name,
    lighting: { ambient: 0.6, diffuse: 0.6, specular: 0.05, roughness: 0.9 },
  };
}

function describe(ray, index) {
  const way = ray.kinds || "direct";
  return `#${index + 1}: ${ray.level.toFixed(1)} dB, ${page.kinds[ray.kind].name} (${way})<br>` +
    `delay ${ray.delay.toFixed(2)} ns, range ${ray.range.toFixed(2)} m<br>` +
    `Doppler ${ray.doppler.toFixed(1)} Hz, ${ray.velocity.toFixed(2)} m/s<br>` +
    `arrives at azimuth ${ray.azimuth.toFixed(1)}°, elevation ${ray.elevation.toFixed(1)}°<br>` +
    `${ray.objects || "no object"}; ${ray.paths} path${ray.paths === 1 ? "" : "s"} in the cell` +
    (ray.whole ? "" : "<br>points between not found: drawn through the last one");
}

function level(ray) {
  const low = page.rays.at(-1).level;
  const share = (ray.level - low) / Math.max(page.rays[0].level - low, 1e-9);
  return share > 2 / 3 ? 0 : share > 1 / 3 ? 1 : 2;
}

// One trace of lines, broken between rays.
function lines(indices, style) {
  const trace = Object.assign({
    type: "scatter3d", mode: "lines", x: [], y: [], z: [], text: [], customdata: [], hoverinfo: "text", showlegend: false,
  }, style);
  for (const index of indices) {
    const text = describe(page.rays[index], index);
    for (const [x, y, z] of page.rays[index].points) {
      trace.x.push(x); trace.y.push(y); trace.z.push(z); trace.text.push(text); trace.customdata.push(index);
    }
    trace.x.push(null); trace.y.push(null); trace.z.push(null); trace.text.push(""); trace.customdata.push(-1);
  }
  return trace;
}

function rays() {
  const shown = Number(count.value);
  const traces = [];
  for (const whole of [true, false]) {
    page.kinds.forEach((kind, k) => WIDTHS.forEach((width, w) => {
      const mine = page.rays.map((ray, i) => i).filter((i) => i < shown && page.rays[i].kind === k &&
        level(page.rays[i]) === w && page.rays[i].whole === whole);
      if (mine.length) {
        traces.push(lines(mine, { line: { color: kind.colour, width: width, dash: whole ? "solid" : "dash" } }));
      }
    }));
  }
  if (chosen >= 0) traces.push(lines([chosen], { mode: "lines+markers", line: { color: CHOSEN, width: 9 },
    marker: { color: CHOSEN, size: 4 } }));
  return traces;
}

function ends() {
  const size = 0.04 * Math.max(...page.limits.map(([low, high]) => high - low));
  return page.ends.flatMap((end) => [
    { type: "scatter3d", mode: "markers+text", x: [end.point[0]], y: [end.point[1]], z: [end.point[2]],
      text: [end.name], textposition: "top center", textfont: { size: 13 }, hoverinfo: "skip", showlegend: false,
      marker: { color: "#1d232b", size: 5, symbol: end.name === "transmitter" ? "square" : "diamond" } },
    { type: "scatter3d", mode: "lines", hoverinfo: "skip", showlegend: false, line: { color: "#1d232b", width: 5 },
      x: [end.point[0], end.point[0] + size * end.forward[0]], y: [end.point[1], end.point[1] + size * end.forward[1]],
      z: [end.point[2], end.point[2] + size * end.forward[2]] },
  ]);
}

const surfaces = page.surfaces.map(surface);

function draw() {
  for (const part of surfaces) part.opacity = Number(opacity.value);
  const shown = opacity.value === "0" ? [] : surfaces;
  const axis = (name, k) => ({ title: { text: `${name} [m]` }, range: page.limits[k], showbackground: false, gridcolor: "#d5dae0" });
  const layout = {
    margin: { l: 0, r: 0, t: 0, b: 0 }, uirevision: "keep", showlegend: false, hovermode: "closest",
    scene: { aspectmode: "data", xaxis: axis("x", 0), yaxis: axis("y", 1), zaxis: axis("z", 2),
      camera: { eye: { x: -1.35, y: -1.6, z: 1.05 } } },
  };
  document.getElementById("shown").textContent = `${count.value} of ${page.rays.length}, ` +
    `${page.rays[count.value - 1].level.toFixed(0)} dB`;
  return Plotly.react(view, [...shown, ...rays(), ...ends()], layout, CONFIG);
}

function choose(index) {
  chosen = index === chosen ? -1 : index;
  if (chosen >= Number(count.value)) count.value = chosen + 1;
  document.querySelectorAll("#rows tr").forEach((row, i) => row.classList.toggle("chosen", i === chosen));
  draw();
}

function fill() {
  const cell = (row, text, kind) => {
    const field = row.insertCell();
    field.textContent = text;
    if (kind) field.className = kind;
    return field;
  };
  page.rays.forEach((ray, index) => {
    const row = document.getElementById("rows").insertRow();
    cell(row, index + 1);
    cell(row, ray.level.toFixed(1));
    cell(row, ray.range.toFixed(2));
    cell(row, ray.delay.toFixed(1));
    cell(row, ray.doppler.toFixed(1));
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.style.background = page.kinds[ray.kind].colour;
    cell(row, ray.kinds || "direct", "text").prepend(chip);
    cell(row, ray.objects, "text wrap");
    row.addEventListener("click", () => choose(index));
  });
  const used = page.kinds.map((kind, k) => page.rays.filter((ray) => ray.kind === k).length);
  document.getElementById("legend").innerHTML = page.kinds.map((kind, k) => used[k] ?
    `<span style="margin-right:16px"><span class="chip" style="background:${kind.colour}"></span>${kind.name} ${used[k]}</span>` : "").join("");
}

count.max = page.rays.length;
count.value = Math.min(page.rays.length, FIRST_SHOWN);
fill();
draw().then(() => view.on("plotly_click", (event) => {
  const index = event.points[0].customdata;
  if (index >= 0) choose(index);
}));
new ResizeObserver(() => Plotly.Plots.resize(view)).observe(view);
count.addEventListener("input", draw);
opacity.addEventListener("input", draw);
