// The page's words. Both languages have the same keys; the browser test
// compares them.

export const TEXTS = {
  en: {
    skip: 'Skip to content', pages: 'Pages', language: 'Language',
    runs: 'Runs', failures: 'Failures', deliveries: 'Deliveries', run: 'Run',
    live: 'Live', waiting: 'Reconnecting…',
    sign_in: 'Sign in', sign_out: 'Sign out', token: 'Operator token',
    sign_in_hint: 'The page shows what runs said. It needs an operator token with the right to read.',
    wrong_token: 'That token is not known here, or may not read.',
    loading: 'Loading…', retry_load: 'Try again',
    unreachable: 'The service cannot be reached.', load_failed: 'This could not be loaded: {what}',
    not_found: 'There is no such run.', forbidden: 'This token may not do that.',
    no_runs: 'No runs yet', no_runs_hint: 'Runs appear here as soon as somebody asks for one.',
    no_match: 'No run matches', no_match_hint: 'Change the filters or clear them.',
    no_failures: 'No failures', no_failures_hint: 'Every run that was looked at did what it should.',
    no_deliveries: 'No messages yet', no_deliveries_hint: 'Messages to chats and webhooks appear here.',
    more: 'Show more', filter: 'Filter', clear: 'Clear', search: 'Words', any: 'Any',
    outcome: 'Outcome', status: 'Status', title: 'Title', kind: 'Kind', attempts: 'Attempts',
    attempt: 'Attempt {n}', attempt_of: 'Attempt {n} of {m}', runner: 'Runner', reason: 'Reason', detail: 'Detail',
    created: 'Created', started: 'Started', ended: 'Ended', took: 'Took', posted: 'Posted',
    chat: 'Chat session', result: 'Result', source: 'Source', unknown: 'unknown',
    run_again: 'Run again', cancel_run: 'Cancel the run', redeliver: 'Send again',
    done_retry: 'The run is queued again.', done_cancel: 'The run is cancelled.', done_redeliver: 'It will be sent again.',
    untitled: 'Untitled run', relay: 'Target', state: 'State', tries: 'Tries', sent: 'Sent',
    last_error: 'Last error', next_try: 'Next try', message: 'Message',
    no_attempts: 'No attempt has started yet.', no_task_deliveries: 'Nothing was sent about this run.',
    evidence: 'What the sweep saw', late: 'Reported later: {what}', swept: 'settled by the platform',
    retry_waits: 'Another attempt starts {when}.', retry_waits_soon: 'Another attempt is waiting to start.',
    line: '{kind}: {detail}', did_not: '{kind} did not post', no_detail: 'no reason was given',
    noop_no_detail: 'it ended well and said nothing',
    kind_run: 'Run', kind_review: 'Review', kind_build: 'Build', kind_test: 'Test run', kind_deploy: 'Deployment', kind_exec: 'Command',
    fail_build: 'Build did not finish', fail_test: 'Tests did not pass', fail_deploy: 'Deployment did not finish', fail_exec: 'Command did not succeed',
    status_queued: 'Queued', status_running: 'Running', status_posting_result: 'Posting', status_succeeded: 'Succeeded',
    status_failed: 'Failed', status_timed_out: 'Timed out', status_cancelled: 'Cancelled',
    outcome_delivered: 'Delivered', outcome_clean: 'Nothing to post', outcome_silent_noop: 'Posted nothing',
    outcome_unverified: 'Not verified', outcome_failed: 'Failed', outcome_cancelled: 'Cancelled',
    state_pending: 'Waiting', state_sent: 'Sent', state_dead: 'Not delivered',
  },
  'zh-CN': {
    skip: '跳到内容', pages: '页面', language: '语言',
    runs: '运行', failures: '失败', deliveries: '消息投递', run: '运行',
    live: '实时', waiting: '正在重新连接……',
    sign_in: '登录', sign_out: '退出登录', token: '操作员令牌',
    sign_in_hint: '此页面显示运行的输出内容，需要具有读取权限的操作员令牌。',
    wrong_token: '令牌无效，或没有读取权限。',
    loading: '正在加载……', retry_load: '重试',
    unreachable: '无法连接到服务。', load_failed: '加载失败：{what}',
    not_found: '没有这个运行。', forbidden: '此令牌没有执行该操作的权限。',
    no_runs: '还没有运行', no_runs_hint: '有人发起运行后会立即显示在这里。',
    no_match: '没有符合条件的运行', no_match_hint: '请修改或清除筛选条件。',
    no_failures: '没有失败', no_failures_hint: '所查看的运行都正常完成。',
    no_deliveries: '还没有消息', no_deliveries_hint: '发往聊天和 Webhook 的消息会显示在这里。',
    more: '显示更多', filter: '筛选', clear: '清除', search: '关键词', any: '不限',
    outcome: '结果', status: '状态', title: '标题', kind: '类型', attempts: '尝试',
    attempt: '第 {n} 次尝试', attempt_of: '第 {n} 次尝试，共 {m} 次', runner: '运行器', reason: '原因', detail: '详情',
    created: '创建', started: '开始', ended: '结束', took: '耗时', posted: '已发布',
    chat: '会话', result: '成果', source: '来源', unknown: '未知',
    run_again: '重新运行', cancel_run: '取消运行', redeliver: '重新发送',
    done_retry: '运行已重新排队。', done_cancel: '运行已取消。', done_redeliver: '将重新发送。',
    untitled: '未命名的运行', relay: '目标', state: '状态', tries: '发送次数', sent: '发送时间',
    last_error: '最近的错误', next_try: '下次发送', message: '消息',
    no_attempts: '还没有开始任何尝试。', no_task_deliveries: '没有发送过关于此运行的消息。',
    evidence: '巡检时的依据', late: '事后报告：{what}', swept: '由平台判定',
    retry_waits: '下一次尝试将于 {when} 开始。', retry_waits_soon: '下一次尝试正在等待开始。',
    line: '{kind}：{detail}', did_not: '{kind}没有发布内容', no_detail: '未给出原因',
    noop_no_detail: '正常结束，但没有任何说明',
    kind_run: '运行', kind_review: '评审', kind_build: '构建', kind_test: '测试', kind_deploy: '部署', kind_exec: '命令',
    fail_build: '构建未完成', fail_test: '测试未通过', fail_deploy: '部署未完成', fail_exec: '命令未成功',
    status_queued: '排队中', status_running: '运行中', status_posting_result: '正在发布', status_succeeded: '成功',
    status_failed: '失败', status_timed_out: '超时', status_cancelled: '已取消',
    outcome_delivered: '已发布', outcome_clean: '无需发布', outcome_silent_noop: '没有发布内容',
    outcome_unverified: '未确认', outcome_failed: '失败', outcome_cancelled: '已取消',
    state_pending: '等待发送', state_sent: '已发送', state_dead: '未送达',
  },
};

const KEY = 'telltale.locale';

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden
  }
}

function preferred() {
  const own = stored();
  if (own in TEXTS) return own;
  const language = (navigator.languages ?? [navigator.language]).find((one) => /^(zh|en)\b/i.test(one));
  return language && /^zh/i.test(language) ? 'zh-CN' : 'en';
}

export const locale = preferred();

export function choose(name) {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    return;
  }
  location.reload();
}

/** The text of a key, with `{name}` filled in. An unknown key gives `fallback`. */
export function t(key, values = {}, fallback = key) {
  const text = TEXTS[locale][key] ?? fallback;
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** Words of index.html. */
export function translate(root) {
  document.documentElement.lang = locale;
  for (const one of root.querySelectorAll('[data-text]')) one.textContent = t(one.dataset.text);
  for (const one of root.querySelectorAll('[data-label]')) one.setAttribute('aria-label', t(one.dataset.label));
}
