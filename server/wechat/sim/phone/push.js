'use strict';
(() => {
  const every = 2000;
  const said = document.getElementById('said');
  const person = document.getElementById('person');
  const sections = [...document.querySelectorAll('section[data-path]')];

  const call = async (path, body) => {
    const answer = await fetch(path, body ? { method: 'POST', body: JSON.stringify(body) } : { cache: 'no-store' });
    const data = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw new Error(data.message);
    return data;
  };

  const say = (text, failed) => {
    said.textContent = text;
    said.classList.toggle('failed', Boolean(failed));
    said.hidden = false;
  };

  const element = (tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  };

  const clock = (at) => new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', timeStyle: 'medium' }).format(new Date(at));
  const lineOf = (one) => {
    const fields = (one.items || []).flatMap((item) => Object.entries(item || {}).map(([name, value]) => `${name} ${value}`));
    return [clock(one.at), one.event, one.openid, ...fields].join(' · ');
  };

  const refresh = async () => {
    for (const section of sections) {
      const { items } = await call(section.dataset.path);
      const state = JSON.stringify(items);
      if (section.dataset.state === state) continue;
      section.dataset.state = state;
      section.querySelector('ol').replaceChildren(...items.map((one) => element('li', lineOf(one))));
      section.classList.toggle('empty', items.length === 0);
    }
  };

  const act = (button, work) => {
    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        say(await work());
        await refresh();
      } catch (problem) {
        say(problem.message, true);
      }
      button.disabled = false;
    });
  };

  const follow = (follows) => async () => {
    await call('/__sim/follows', { person: person.value, follows });
    return follows ? '已关注' : '已取消关注';
  };
  act(document.getElementById('follow'), follow(true));
  act(document.getElementById('unfollow'), follow(false));
  act(document.getElementById('finish'), async () => {
    await call('/__sim/finishes', { person: person.value, status: document.getElementById('status').value });
    return '结果已改，推送后服务器才知道';
  });
  for (const section of sections) {
    act(section.querySelector('.push'), async () => {
      const faults = [...document.querySelectorAll('[name=fault]:checked')].map((box) => box.value);
      const { statuses } = await call(section.dataset.path, { faults });
      return statuses.length ? `推送了 ${statuses.length} 次，服务器答复：${statuses.join('、')}` : '没有要推送的';
    });
  }

  const tick = async () => {
    try {
      await refresh();
    } catch (problem) {
      say(`连不上服务器：${problem.message}`, true);
    }
    setTimeout(tick, every);
  };
  call('/__sim/people').then(({ items }) => {
    person.replaceChildren(...items.map((one) => {
      const option = element('option', [one.name, one.org].filter(Boolean).join(' · '));
      option.value = one.id;
      return option;
    }));
  }).catch((problem) => { say(problem.message, true); });
  tick();
})();
