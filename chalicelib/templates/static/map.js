// A small map of our own: tiles, marks, a place to pick. Loaded only when somebody asks for a map.
// Everything it shows stands in the page as words too, so it is an extra and never the only way.
"use strict";
(() => {
  const TILE = 256;
  const MOST = 19;
  const CLOSE = 44; // marks nearer than this many pixels are shown as one
  const STEP = 96;

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const project = (lat, long, zoom) => {
    const size = TILE * 2 ** zoom;
    const sine = Math.sin(clamp(lat, -85.05, 85.05) * Math.PI / 180);
    return [(long / 360 + 0.5) * size, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size];
  };
  const unproject = (x, y, zoom) => {
    const size = TILE * 2 ** zoom;
    const lat = Math.atan(Math.sinh(Math.PI * (1 - 2 * y / size))) * 180 / Math.PI;
    return [lat, ((x / size - 0.5) * 360 + 540) % 360 - 180];
  };
  const make = (name, className, parent) => {
    const element = document.createElement(name);
    element.className = className;
    if (parent) parent.append(element);
    return element;
  };

  class CityMap {
    constructor(box) {
      this.box = box;
      this.words = JSON.parse(box.dataset.words || "{}");
      this.marks = [];
      this.tiles = new Map();
      const [lat, long] = box.dataset.center.split(",").map(Number);
      this.zoom = clamp(Number(box.dataset.zoom) || 13, 2, MOST);
      this.center = [lat, long];
      this.build();
      this.listen();
      this.readMarks();
      this.placeGiven() || this.draw();
    }

    build() {
      this.box.hidden = false;
      this.box.classList.add("map");
      this.pane = make("div", "map-pane", this.box);
      this.pane.tabIndex = 0;
      this.pane.setAttribute("role", "application");
      this.pane.setAttribute("aria-label", this.words.label || "");
      this.layer = make("div", "map-tiles", this.pane);
      this.layer.setAttribute("aria-hidden", "true");
      this.points = make("ul", "map-marks", this.box);
      if (this.box.dataset.pick) make("span", "map-cross", this.pane).setAttribute("aria-hidden", "true");
      const bar = make("div", "map-bar", this.box);
      this.button(bar, "+", this.words.closer, () => this.zoomBy(1));
      this.button(bar, "−", this.words.wider, () => this.zoomBy(-1));
      if (this.box.dataset.credit) {
        const credit = make("p", "map-credit", this.box);
        credit.dir = "auto";
        credit.textContent = this.box.dataset.credit;
      }
      this.said = make("p", "map-said", null);
      this.said.setAttribute("role", "status");
      this.box.after(this.said);
      if (this.box.dataset.pick) this.buildPick();
    }

    button(parent, text, label, act) {
      const button = make("button", "map-button", parent);
      button.type = "button";
      button.textContent = text;
      button.setAttribute("aria-label", label || text);
      button.addEventListener("click", act);
      return button;
    }

    buildPick() {
      const take = make("button", "second map-take", null);
      take.type = "button";
      take.textContent = this.words.take || "";
      take.addEventListener("click", () => this.pick());
      this.box.after(take);
    }

    listen() {
      this.pane.addEventListener("keydown", (event) => this.onKey(event));
      this.pane.addEventListener("pointerdown", (event) => this.onDown(event));
      this.pane.addEventListener("pointermove", (event) => this.onMove(event));
      for (const end of ["pointerup", "pointercancel"]) this.pane.addEventListener(end, (event) => this.onUp(event));
      this.pane.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1 : -1);
      }, { passive: false });
      this.fingers = new Map();
      new ResizeObserver(() => this.draw()).observe(this.box);
    }

    onKey(event) {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (step) this.panBy(step[0] * STEP, step[1] * STEP);
      else if (event.key === "+" || event.key === "=") this.zoomBy(1);
      else if (event.key === "-") this.zoomBy(-1);
      else if (event.key === "Enter" && this.box.dataset.pick) this.pick();
      else return;
      event.preventDefault();
      clearTimeout(this.saying);
      this.saying = setTimeout(() => this.say(this.where()), 600);
    }

    onDown(event) {
      this.pane.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
      this.moved = 0;
      this.spread = this.distance();
    }

    onMove(event) {
      const before = this.fingers.get(event.pointerId);
      if (!before) return;
      const now = [event.clientX, event.clientY];
      this.fingers.set(event.pointerId, now);
      if (this.fingers.size > 1) { this.pinch(); return; }
      this.moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
      this.panBy(before[0] - now[0], before[1] - now[1]);
    }

    onUp(event) {
      const wasOne = this.fingers.size === 1;
      this.fingers.delete(event.pointerId);
      if (event.type !== "pointerup" || !wasOne || this.moved > 6) return;
      const edge = this.pane.getBoundingClientRect();
      this.panBy(event.clientX - edge.left - edge.width / 2, event.clientY - edge.top - edge.height / 2);
      if (this.box.dataset.pick) this.pick();
    }

    distance() {
      const [one, other] = [...this.fingers.values()];
      return other ? Math.hypot(one[0] - other[0], one[1] - other[1]) : 0;
    }

    pinch() {
      const now = this.distance();
      if (now > this.spread * 1.6) { this.zoomBy(1); this.spread = now; }
      if (now < this.spread / 1.6) { this.zoomBy(-1); this.spread = now; }
      this.moved = 99;
    }

    panBy(x, y) {
      const at = project(...this.center, this.zoom);
      this.center = unproject(at[0] + x, at[1] + y, this.zoom);
      this.draw();
    }

    zoomBy(steps) {
      this.zoom = clamp(this.zoom + steps, 2, MOST);
      this.draw();
    }

    show(lat, long, zoom) {
      this.center = [lat, long];
      this.zoom = clamp(zoom || this.zoom, 2, MOST);
      this.draw();
    }

    draw() {
      const [width, height] = [this.box.clientWidth, this.box.clientHeight];
      if (!width) return;
      const at = project(...this.center, this.zoom);
      this.origin = [at[0] - width / 2, at[1] - height / 2];
      this.drawTiles(width, height);
      this.drawMarks(width, height);
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.settle(), 400);
    }

    drawTiles(width, height) {
      const wanted = new Set();
      const count = 2 ** this.zoom;
      const [left, top] = this.origin;
      for (let y = Math.floor(top / TILE); y * TILE < top + height; y++) {
        for (let x = Math.floor(left / TILE); x * TILE < left + width; x++) {
          if (y < 0 || y >= count) continue;
          const name = `${this.zoom}/${x}/${y}`;
          wanted.add(name);
          const tile = this.tiles.get(name) || this.newTile(name, ((x % count) + count) % count, y);
          tile.style.transform = `translate(${Math.round(x * TILE - left)}px, ${Math.round(y * TILE - top)}px)`;
        }
      }
      for (const [name, tile] of this.tiles) {
        if (!wanted.has(name)) { tile.remove(); this.tiles.delete(name); }
      }
    }

    newTile(name, x, y) {
      const tile = make("img", "map-tile", this.layer);
      tile.alt = "";
      tile.draggable = false;
      tile.referrerPolicy = "origin"; // whoever gives the tiles may ask which site shows them
      const values = { z: this.zoom, x, y };
      tile.src = this.box.dataset.tiles.replace(/\{([zxy])\}/g, (_, part) => values[part]);
      this.tiles.set(name, tile);
      return tile;
    }

    drawMarks(width, height) {
      const groups = new Map();
      for (const mark of this.marks) {
        const [x, y] = project(mark.lat, mark.long, this.zoom);
        const [left, top] = [x - this.origin[0], y - this.origin[1]];
        if (left < 0 || top < 0 || left > width || top > height) continue;
        const cell = `${Math.floor(x / CLOSE)}/${Math.floor(y / CLOSE)}`;
        if (!groups.has(cell)) groups.set(cell, { left, top, marks: [] });
        groups.get(cell).marks.push(mark);
      }
      this.points.replaceChildren(...[...groups.values()].map((group) => this.point(group)));
    }

    point(group) {
      const item = document.createElement("li");
      item.style.transform = `translate(${Math.round(group.left)}px, ${Math.round(group.top)}px)`;
      const first = group.marks[0];
      if (group.marks.length > 1 && this.zoom < MOST) {
        const many = this.button(item, String(group.marks.length), "", () => this.show(first.lat, first.long, this.zoom + 2));
        many.className = "map-many";
        many.setAttribute("aria-label", (this.words.many || "{count}").replace("{count}", group.marks.length));
        return item;
      }
      const link = make("a", `map-mark${first.open === false ? " done" : ""}`, item);
      link.href = first.url;
      link.title = first.title;
      make("span", "visually-hidden", link).textContent = first.title;
      return item;
    }

    // Marks come from the list on the page that says the same in words, or from an address.
    readMarks() {
      const { marksFrom } = this.box.dataset;
      if (!marksFrom) return;
      this.setMarks([...document.querySelectorAll(marksFrom)].map((item) => ({
        lat: Number(item.dataset.lat),
        long: Number(item.dataset.long),
        open: item.dataset.open !== "no",
        title: (item.dataset.title || item.textContent).trim().replace(/\s+/g, " ").slice(0, 120),
        url: (item.querySelector("a") || { href: `#${item.id}` }).href,
      })));
      if (this.marks.length && !this.box.dataset.pick) this.show(this.marks[0].lat, this.marks[0].long);
    }

    setMarks(marks) {
      this.marks = marks.filter((mark) => Number.isFinite(mark.lat) && Number.isFinite(mark.long));
      if (this.origin) this.drawMarks(this.box.clientWidth, this.box.clientHeight);
    }

    settle() {
      const detail = { bounds: this.bounds(), zoom: this.zoom, center: this.center };
      this.box.dispatchEvent(new CustomEvent("map:moved", { bubbles: true, detail }));
      if (this.box.dataset.marksUrl) this.fetchMarks(detail.bounds);
    }

    // South, west, north, east of what is seen.
    bounds() {
      const [left, top] = this.origin;
      const [north, west] = unproject(left, top, this.zoom);
      const [south, east] = unproject(left + this.box.clientWidth, top + this.box.clientHeight, this.zoom);
      return [south, west, north, east].map((value) => Number(value.toFixed(5)));
    }

    async fetchMarks([south, west, north, east]) {
      const box = `${west},${south},${east},${north}`;
      if (this.asked === box) return;
      this.asked = box;
      const address = this.box.dataset.marksUrl;
      try {
        const answer = await fetch(`${address}${address.includes("?") ? "&" : "?"}bbox=${box}`);
        if (answer.ok && this.asked === box) this.setMarks(await answer.json());
      } catch { this.asked = ""; } // no network: the list on the page still says it all
    }

    pick() {
      const [lat, long] = this.center;
      const [latField, longField] = this.fields();
      latField.value = lat.toFixed(5);
      longField.value = long.toFixed(5);
      this.say(`${this.words.taken || ""} ${this.where()}`);
      latField.dispatchEvent(new Event("input", { bubbles: true }));
      this.box.dispatchEvent(new CustomEvent("map:picked", { bubbles: true, detail: { lat, long } }));
    }

    fields() {
      return this.box.dataset.pick.split(" ").map((id) => document.getElementById(id));
    }

    placeGiven() {
      if (!this.box.dataset.pick) return false;
      const [lat, long] = this.fields().map((field) => parseFloat(field.value));
      if (!Number.isFinite(lat) || !Number.isFinite(long)) return false;
      this.show(lat, long, 17);
      return true;
    }

    where() { return this.center.map((value) => value.toFixed(5)).join(", "); }

    say(text) { this.said.textContent = text; }
  }

  window.cityMaps = window.cityMaps || new Map();
  const start = (box) => {
    if (!window.cityMaps.has(box)) window.cityMaps.set(box, new CityMap(box));
    return window.cityMaps.get(box);
  };
  document.addEventListener("map:show", (event) => start(event.target));
  for (const box of document.querySelectorAll("[data-map][data-shown]")) start(box);
})();
