'use strict';
(() => {
  const every = 2000;
  const zone = 'Asia/Shanghai';
  const roleNames = {
    secretary: '书记', organiser: '组织委员', admin: '管理员', keeper: '讲解员', member: '党员', resident: '居民',
  };
  const person = new URLSearchParams(location.search).get('person');
  const view = document.getElementById('view');
  const shown = new Map(); // message id -> its card

  const get = async (path) => {
    const answer = await fetch(path, { cache: 'no-store' });
    const data = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(data.message), { answered: true });
    return data;
  };

  const format = (date, options) => new Intl.DateTimeFormat('zh-CN', { timeZone: zone, ...options }).format(date);
  const hour = (date) => format(date, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = (date) => format(date, { year: 'numeric', month: 'numeric', day: 'numeric' });

  const when = (at, now) => {
    if (day(at) === day(now)) return hour(at);
    if (day(at) === day(new Date(now.getTime() - 86400000))) return `昨天 ${hour(at)}`;
    const sameYear = format(at, { year: 'numeric' }) === format(now, { year: 'numeric' });
    const date = format(at, sameYear ? { month: 'long', day: 'numeric' } : { year: 'numeric', month: 'long', day: 'numeric' });
    return `${date} ${hour(at)}`;
  };

  const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const cardOf = (message) => {
    const card = copy('card');
    card.querySelector('h2').textContent = message.official ? `服务号 · ${message.title}` : message.title;
    const lines = card.querySelector('dl');
    for (const line of message.lines || []) {
      lines.append(element('dt', line.label), element('dd', line.value));
    }
    const open = card.querySelector('.open');
    if (message.page) open.href = document.body.dataset.pageLink + message.page;
    else open.remove();
    return card;
  };

  const showMessages = (messages, now) => {
    const first = shown.size === 0;
    const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 80;
    let arrived = false;
    for (const message of messages.slice().reverse()) {
      if (!shown.has(message.id)) {
        if (first && !arrived) view.replaceChildren();
        const card = cardOf(message);
        card.classList.toggle('fresh', !first || view.dataset.waiting === 'yes');
        view.append(card);
        shown.set(message.id, card);
        arrived = true;
      }
      shown.get(message.id).querySelector('time').textContent = when(new Date(message.at), now);
    }
    if (shown.size === 0) {
      view.dataset.waiting = 'yes';
      view.replaceChildren(element('p', '还没有收到服务通知', 'empty'));
    }
    if (arrived && (first || atEnd)) view.scrollTop = view.scrollHeight;
  };

  const rowOf = (one, unread) => {
    const row = copy('row');
    row.href = `?person=${encodeURIComponent(one.id)}`;
    const face = row.querySelector('.face');
    face.textContent = Array.from(one.name)[0] || '?';
    let sum = 0;
    for (const c of one.id) sum = (sum * 31 + c.codePointAt(0)) % 6;
    face.classList.add(`tint-${sum}`);
    row.querySelector('strong').textContent = one.name;
    row.querySelector('small').textContent = one.bound ? one.org : [one.org, '还没有绑定'].filter(Boolean).join(' · ');
    for (const role of one.roles) {
      if (role !== 'member') row.querySelector('.roles').append(element('span', roleNames[role] || role));
    }
    const badge = row.querySelector('.badge');
    badge.hidden = !unread;
    badge.textContent = unread > 99 ? '99+' : String(unread);
    return row;
  };

  const showPeople = (people, messages) => {
    const counts = {};
    for (const message of messages) counts[message.person] = (counts[message.person] || 0) + 1;
    const state = JSON.stringify([people, counts]);
    if (view.dataset.state === state) return;
    view.dataset.state = state;
    if (people.length === 0) {
      view.replaceChildren(element('p', '还没有模拟用户', 'empty'));
      return;
    }
    view.replaceChildren(element('div', '看谁的手机', 'group'), ...people.map((one) => rowOf(one, counts[one.id] || 0)));
  };

  const refresh = async () => {
    const [clock, people, messages] = await Promise.all([
      get('/__sim/clock'),
      get('/__sim/people'),
      get(person ? `/__sim/messages?person=${encodeURIComponent(person)}` : '/__sim/messages'),
    ]);
    const now = new Date(clock.now);
    document.getElementById('clock').textContent = hour(now);
    if (!person) {
      showPeople(people.items, messages.items);
      return;
    }
    const owner = people.items.find((one) => one.id === person);
    document.getElementById('owner').textContent = owner ? owner.name : '';
    showMessages(messages.items, now);
  };

  const tick = async () => {
    const offline = document.getElementById('offline');
    try {
      await refresh();
      offline.hidden = true;
    } catch (problem) {
      if (problem.answered) view.replaceChildren(element('p', problem.message, 'empty'));
      else offline.hidden = false;
    }
    setTimeout(tick, every);
  };

  document.getElementById('back').hidden = !person;
  document.getElementById('title').textContent = person ? '服务通知' : '模拟手机';
  tick();
})();
