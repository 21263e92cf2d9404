export function size(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at++) bytes /= 1000;
  return `${bytes >= 100 || at === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[at]}`;
}

export const percent = (done, total) => (total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100)));

export function progressWords(done, total, seconds) {
  const rate = done / Math.max(seconds, 0.001);
  return `${percent(done, total)} %  ·  ${size(rate)}/s  ·  ${duration(Math.max(0, total - done) / Math.max(rate, 1))} left`;
}

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
