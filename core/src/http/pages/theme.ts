/** Runs in the browser before anything is painted: the theme that was chosen here, and the button that changes it. */
export function themeScript(): void {
  const root = document.documentElement;
  const kept = localStorage.getItem('podlift-theme');
  if (kept) root.dataset['theme'] = kept;
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-toggle-theme]') : null;
    if (!button) return;
    const dark = root.dataset['theme']
      ? root.dataset['theme'] === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset['theme'] = dark ? 'light' : 'dark';
    localStorage.setItem('podlift-theme', root.dataset['theme']);
  });
}
