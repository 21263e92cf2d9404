// What only a browser can do. Called by the pages by name (vault.…) and by static pages through data attributes.
(() => {
  const themeLinks = () => document.querySelectorAll('link[data-theme]');
  const mediaFor = (theme, choice) => choice === 'system' ? `(prefers-color-scheme: ${theme})` : choice === theme ? 'all' : 'not all';

  function theme() {
    return /(?:^|; )vault-theme=(light|dark)/.exec(document.cookie)?.[1] ?? 'system';
  }

  function setTheme(choice) {
    const secure = location.protocol === 'https:' ? '; secure' : '';
    const maxAge = choice === 'system' ? 0 : 31536000;
    document.cookie = `vault-theme=${choice}; path=/; max-age=${maxAge}; samesite=lax${secure}`;
    for (const link of themeLinks()) link.media = mediaFor(link.dataset.theme, choice);
    showTheme();
  }

  function showTheme() {
    for (const button of document.querySelectorAll('[data-set-theme]')) {
      button.setAttribute('aria-pressed', String(button.dataset.setTheme === theme()));
    }
  }

  // Without HTTPS the clipboard API is absent; a NAS at home is often reached over plain HTTP.
  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = Object.assign(document.createElement('textarea'), { value: text });
      area.style.cssText = 'position:fixed;opacity:0';
      (document.querySelector('[role=dialog]') ?? document.body).append(area);
      area.select();
      const isCopied = document.execCommand('copy');
      area.remove();
      return isCopied;
    }
  }

  // The virtual list draws its lines a while after it was told of them, so its box is watched. Who scrolls away from the end
  // is left in peace until they are back there.
  function follow(box, isOn) {
    const toEnd = () => { if (box.isFollowing && !box.isRead) box.scrollTop = box.scrollHeight; };
    if (box.isFollowing === undefined) {
      new MutationObserver(toEnd).observe(box, { childList: true, subtree: true, attributes: true });
      for (const name of ['wheel', 'touchmove', 'keydown', 'pointerdown']) box.addEventListener(name, () => { box.isRead = true; }, { passive: true });
      box.addEventListener('scroll', () => { if (box.scrollHeight - box.scrollTop - box.clientHeight < 24) box.isRead = false; }, { passive: true });
    }
    if (isOn && !box.isFollowing) box.isRead = false;
    box.isFollowing = isOn;
    toEnd();
  }

  function watchCircuit() {
    const box = document.getElementById('components-reconnect-modal');
    if (!box) return;
    new MutationObserver(() => {
      const isShown = /components-reconnect-(show|failed|rejected)/.test(box.className);
      document.body.dataset.circuit = isShown ? 'lost' : 'ready';
      // The server forgot this page (it was restarted): only loading it again helps, so do that at once.
      if (box.classList.contains('components-reconnect-rejected')) location.reload();
    }).observe(box, { attributes: true, attributeFilter: ['class'] });
  }

  document.addEventListener('click', (event) => {
    const choice = event.target.closest?.('[data-set-theme]');
    if (choice) setTheme(choice.dataset.setTheme);
    if (event.target.closest?.('[data-reload]')) location.reload();
    if (event.target.closest?.('[data-reconnect]')) window.Blazor?.reconnect?.();
    const reveal = event.target.closest?.('[data-reveal]');
    if (reveal) toggleReveal(reveal);
  });

  function toggleReveal(button) {
    const input = document.getElementById(button.dataset.reveal);
    const isHidden = input.type === 'password';
    input.type = isHidden ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(isHidden));
  }

  window.vault = {
    timeZone: () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    ready: () => { document.body.dataset.circuit = 'ready'; showTheme(); },
    copyText,
    follow,
    submit: (id) => document.getElementById(id)?.requestSubmit(),
    focus: (id) => {
      const element = document.getElementById(id);
      element?.focus();
      // What has the focus already is not scrolled to: what is wrong with a field stands below it.
      element?.closest('.field')?.scrollIntoView({ block: 'nearest' });
    },
    download: (name, text) => {
      const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
      Object.assign(document.createElement('a'), { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    },
  };
  watchCircuit();
  showTheme();
})();
