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

  const shown = 20;
  const words = {
    subscribe_msg_popup_event: '回答了订阅询问',
    subscribe_msg_change_event: '在设置里改了订阅',
    subscribe_msg_sent_event: '订阅消息的结果',
    subscribe: '关注了服务号',
    unsubscribe: '取消了关注',
    TEMPLATESENDJOBFINISH: '服务号消息的结果',
    user_authorization_revoke: '撤回了授权',
    user_authorization_cancellation: '注销了账号',
    user_info_modified: '改了资料',
  };

  const clock = (at) => new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', timeStyle: 'medium' }).format(new Date(at));
  const lineOf = (one) => {
    const fields = (one.items || []).flatMap((item) => Object.entries(item || {}).map(([name, value]) => `${name} ${value}`));
    const line = element('li', [clock(one.at), one.name || one.openid, words[one.event] || one.event].join(' · '));
    line.append(element('small', [one.event, ...fields].join(' · ')));
    return line;
  };

  const verdicts = { 200: '服务器收下', 403: '服务器拒收', 413: '服务器嫌太大', 0: '没有答复' };
  const answered = (statuses) => [...new Set(statuses)]
    .map((status) => `${verdicts[status] || `服务器答复 ${status}`} ${statuses.filter((one) => one === status).length} 次`).join('，');

  const counted = (n) => (n === 0 ? '没有' : n > shown ? `共 ${n} 件，这里是最近 ${shown} 件` : `共 ${n} 件`);

  const refresh = async () => {
    for (const section of sections) {
      const { items } = await call(section.dataset.path);
      const state = JSON.stringify(items);
      if (section.dataset.state === state) continue;
      section.dataset.state = state;
      section.querySelector('ul').replaceChildren(...items.slice(-shown).reverse().map(lineOf));
      section.querySelector('p').textContent = counted(items.length);
      section.querySelector('.push').disabled = items.length === 0;
    }
  };

  const act = (button, work) => {
    button.addEventListener('click', async () => {
      button.disabled = true;
      say('请稍候…');
      try {
        say(await work());
      } catch (problem) {
        say(problem.message, true);
      }
      button.disabled = false;
      await refresh().catch(() => {});
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
      return statuses.length ? `推送了 ${statuses.length} 次：${answered(statuses)}` : '没有要推送的';
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
