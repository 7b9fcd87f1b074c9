(function () {
  "use strict";
  var rows = Array.prototype.slice.call(document.querySelectorAll("#claims tbody tr"));
  if (!rows.length) { return; }
  var box = document.getElementById("filter");
  var said = document.getElementById("shown");
  var clear = document.getElementById("clear");
  var chips = Array.prototype.slice.call(document.querySelectorAll("[data-chip]"));
  var cause = "";
  var title = "";
  document.getElementById("tools").hidden = false;
  rows.forEach(function (row) { row.words = row.textContent.toLowerCase(); });

  function pressed() {
    return chips.filter(function (chip) { return chip.getAttribute("aria-pressed") === "true"; })
      .map(function (chip) { return chip.dataset.chip; });
  }
  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var decisions = pressed();
    var count = 0;
    rows.forEach(function (row) {
      var fits = decisions.indexOf(row.dataset.decision) >= 0 &&
        (!cause || (" " + row.dataset.causes + " ").indexOf(" " + cause + " ") >= 0) &&
        words.every(function (word) { return row.words.indexOf(word) >= 0; });
      row.hidden = !fits;
      if (fits) { count += 1; }
    });
    said.textContent = "Showing " + count + " of " + rows.length + (rows.length === 1 ? " claim" : " claims") +
      (title ? " · " + title : "");
    clear.hidden = !(cause || box.value || decisions.length < chips.length);
  }
  box.addEventListener("input", apply);
  chips.forEach(function (chip) {
    chip.addEventListener("click", function () {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
      apply();
    });
  });
  clear.addEventListener("click", function () {
    cause = "";
    title = "";
    box.value = "";
    chips.forEach(function (chip) { chip.setAttribute("aria-pressed", "true"); });
    apply();
    box.focus();
  });
  document.querySelectorAll("[data-cause]").forEach(function (link) {
    link.addEventListener("click", function () {
      cause = link.dataset.cause;
      title = link.dataset.title;
      apply();
    });
  });
  document.getElementById("unfold").addEventListener("click", function () {
    var all = rows.filter(function (row) { return !row.hidden; })
      .map(function (row) { return row.querySelector("details"); }).filter(Boolean);
    var open = all.some(function (one) { return !one.open; });
    all.forEach(function (one) { one.open = open; });
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (one) { one.open = true; });
  });
  apply();
}());
