// What pages do beyond HTML. Each of them works without it.
"use strict";

// Moments in the reader's own time zone; the page says them in UTC.
function localTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = time.textContent;
      time.textContent = format.format(at);
    }
  }
}

// Whoever pressed a link or a button is on the way to what it leads to, and the
// page must not call them back. A download leads nowhere, so that ends by itself.
let leaving = false;
function leave(event) {
  if (event.type === "submit" || event.target.closest("a[href]")) {
    leaving = true;
    setTimeout(() => {
      leaving = false;
    }, 10000);
  }
}
document.addEventListener("click", leave);
document.addEventListener("submit", leave);

function reload() {
  if (leaving) {
    setTimeout(reload, 1000);
    return;
  }
  location.reload();
}

// What can be done stands beside what changes. Where that is another now, the
// whole page is.
function show(live, html) {
  const can = () => live.querySelector("[data-can]")?.dataset.can;
  const before = can();
  live.innerHTML = html;
  localTimes(live);
  if (can() !== before) {
    reload();
  }
}

// Progress: told by the server, or else looked up.
function follow(live) {
  const events = new EventSource(live.dataset.events);
  events.onmessage = (event) => show(live, event.data);
  events.addEventListener("end", () => {
    events.close();
    reload();
  });
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) {
      lookAgain(live); // there was no place for one more
    }
  };
}

function lookAgain(live) {
  const wait = Number(live.dataset.refresh) * 1000;
  setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (answer && answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("live");
      if (!next || !next.dataset.refresh) {
        reload();
        return;
      }
      show(live, next.innerHTML);
    }
    lookAgain(live);
  }, wait);
}

// Files may be dropped where they may be chosen.
function drops(zone) {
  const input = zone.querySelector("input[type=file]");
  for (const name of ["dragover", "dragenter"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const chosen = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) {
      chosen.items.add(file);
    }
    input.files = chosen.files;
  });
}

localTimes(document);
const live = document.getElementById("live");
if (live && live.dataset.events && window.EventSource) {
  follow(live);
} else if (live && live.dataset.refresh) {
  lookAgain(live);
}
document.querySelectorAll(".drop").forEach(drops);
