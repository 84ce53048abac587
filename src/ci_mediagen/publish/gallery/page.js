(() => {
  "use strict";
  const said = document.querySelector(".said");

  // An address as it works elsewhere; brackets would end a Markdown link.
  const absolute = (address) =>
    new URL(address, document.baseURI).href.replace(/[()]/g, (one) => (one === "(" ? "%28" : "%29"));

  const markdown = ({ copyMarkdown, alt, poster }) => {
    if (poster) return `[![${alt}](${absolute(poster)})](${absolute(copyMarkdown)})`;
    return `${poster === undefined ? "!" : ""}[${alt}](${absolute(copyMarkdown)})`;
  };

  const text = (data) =>
    "copyText" in data ? data.copyText : "copyLink" in data ? absolute(data.copyLink) : markdown(data);

  // Pages served by plain http have no clipboard of their own.
  const copySelected = (words) => {
    const area = document.createElement("textarea");
    area.value = words;
    area.readOnly = true;
    area.className = "said";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const copy = async (words) => {
    try {
      await navigator.clipboard.writeText(words);
      return true;
    } catch {
      return copySelected(words);
    }
  };

  for (const button of document.querySelectorAll("[data-copy-link], [data-copy-markdown], [data-copy-text]")) {
    const label = button.textContent;
    let timer;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(text(button.dataset));
      button.focus();
      button.textContent = said.textContent = done ? "Copied" : "Not copied";
      clearTimeout(timer);
      timer = setTimeout(() => {
        button.textContent = label;
        said.textContent = "";
      }, 1600);
    });
  }
})();
