/** Runs in the browser: search, the place in the list, copying, and trying a call. Uses nothing from around it. */
export function referenceScript(): void {
  interface Call {
    method: string;
    path: string;
    open: boolean;
    parameters: { name: string; in: string; required: boolean; example: string }[];
    body?: { type: string; example: unknown };
  }
  const find = (selector: string, from: ParentNode = document): HTMLElement | null => from.querySelector(selector);
  const all = <E extends Element>(selector: string): E[] => [...document.querySelectorAll<E>(selector)];
  const make = <K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = '') => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const calls: Record<string, Call> = JSON.parse(find('#calls')?.textContent ?? '{}');

  const search = document.querySelector<HTMLInputElement>('#search');
  const links = all<HTMLAnchorElement>('.list a');
  const filter = (): void => {
    const words = (search?.value ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const link of links) {
      const hit = words.every((word) => link.dataset['text']?.includes(word));
      hits += Number(hit);
      link.classList.toggle('hidden', !hit);
      find(link.hash)?.classList.toggle('drop', !hit);
    }
    for (const part of all<HTMLElement>('.list section'))
      part.classList.toggle('hidden', !find('a:not(.hidden)', part));
    for (const group of all<HTMLElement>('.group'))
      group.classList.toggle('drop', !find('.operation:not(.drop)', group));
    find('.none')?.classList.toggle('hidden', hits > 0);
  };
  search?.addEventListener('input', filter);
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
    if ((event.key === '/' && !typing) || (event.key === 'k' && (event.metaKey || event.ctrlKey))) {
      event.preventDefault();
      search?.focus();
      search?.select();
    }
    if (event.key === 'Escape' && event.target === search && search) {
      search.value = '';
      filter();
    }
  });

  const list = find('.list');
  const visible = new Set<Element>();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) visible.add(target);
        else visible.delete(target);
      }
      const first = all('.operation').find((one) => visible.has(one));
      for (const link of links) {
        const here = first !== undefined && link.hash === `#${first.id}`;
        // Only the list itself scrolls: `scrollIntoView` would move the page too.
        if (here && !link.classList.contains('here') && list)
          list.scrollTop +=
            Math.min(0, link.offsetTop - list.scrollTop - 60) +
            Math.max(0, link.offsetTop - list.scrollTop - list.clientHeight + 60);
        link.classList.toggle('here', here);
      }
    },
    { rootMargin: '-10% 0px -70% 0px' },
  );
  for (const one of all('.operation')) watcher.observe(one);

  const KEY = 'podlift-reference-key';
  const TENANT = 'podlift-reference-tenant';
  const field = (name: string, hint: string, value: string, kept?: string) => {
    const label = make('label');
    const input = make('input');
    input.value = kept ? (sessionStorage.getItem(kept) ?? '') : value;
    input.placeholder = hint;
    input.autocomplete = 'off';
    input.spellcheck = false;
    if (kept) input.addEventListener('change', () => sessionStorage.setItem(kept, input.value));
    label.append(make('b', '', name), input);
    return { label, input };
  };

  const openForm = (id: string, side: Element, button: Element): void => {
    const call = calls[id];
    if (!call) return;
    const panel = make('form', 'panel');
    const head = make('header', '', 'Try it');
    const form = make('div', 'form');
    const key = field('Key', call.open ? 'not needed' : 'empty: your session', '', KEY);
    if (!call.open) form.append(key.label);
    const inputs = call.parameters.map((one) => {
      const kept = one.name === 'Podlift-Tenant' ? TENANT : undefined;
      const made = field(
        one.name,
        `${one.in}${one.required ? '' : ', optional'}`,
        one.required ? one.example : '',
        kept,
      );
      form.append(made.label);
      return { ...one, input: made.input };
    });
    const body = make('textarea');
    if (call.body) {
      body.value = JSON.stringify(call.body.example, null, 2);
      body.spellcheck = false;
      const label = make('label');
      label.append(make('b', '', 'Body'), body);
      form.append(label);
    }
    const row = make('div', 'row');
    const told = make('output');
    const send = make('button', 'button primary', 'Send');
    row.append(told, send);
    form.append(row);
    panel.append(head, form);
    const result = make('pre', 'hidden');
    panel.append(result);
    panel.addEventListener('submit', (event) => {
      event.preventDefault();
      void run();
    });
    const run = async (): Promise<void> => {
      let path = call.path;
      const query = new URLSearchParams();
      const headers = new Headers({ accept: 'application/json' });
      for (const { name, in: place, input } of inputs) {
        if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(input.value));
        else if (input.value !== '' && place === 'query') query.set(name, input.value);
        else if (input.value !== '' && place === 'header') headers.set(name, input.value);
      }
      if (key.input.value) headers.set('authorization', `Bearer ${key.input.value}`);
      if (call.body) headers.set('content-type', call.body.type);
      told.textContent = 'Waiting …';
      const started = performance.now();
      try {
        const response = await fetch(path + (query.size > 0 ? `?${query}` : ''), {
          method: call.method.toUpperCase(),
          headers,
          credentials: key.input.value ? 'omit' : 'same-origin',
          ...(call.body && { body: body.value }),
        });
        const text = await response.text();
        told.textContent = `${response.status} · ${Math.round(performance.now() - started)} ms`;
        result.textContent = pretty(text);
        result.classList.toggle('hidden', text === '');
      } catch (error) {
        told.textContent = String(error);
      }
    };
    button.replaceWith(panel);
    side.prepend(panel);
    form.querySelector('input')?.focus();
  };
  const pretty = (text: string): string => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };

  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : undefined;
    const copy = target?.closest('[data-copy]');
    if (copy) {
      const text = copy.closest('.panel')?.querySelector('pre')?.textContent ?? '';
      void navigator.clipboard.writeText(text);
      copy.classList.add('done');
      setTimeout(() => copy.classList.remove('done'), 900);
    }
    const open = target?.closest<HTMLElement>('[data-try]');
    const side = open?.closest('.side');
    if (open && side) openForm(open.dataset['try'] ?? '', side, open);
    if (target?.closest('[data-menu]')) find('nav')?.classList.toggle('open');
    if (target?.closest('.list a')) find('nav')?.classList.remove('open');
  });
}
