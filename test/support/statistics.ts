// How far the means of two samples are apart, in standard errors (Welch's t). What lies beyond the slowest hundredth of both
// together is left out of both: a machine that does other things too has outliers that say nothing.
export function welch(a: number[], b: number[]): number {
  const sorted = [...a, ...b].sort((x, y) => x - y);
  const most = sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
  const [one, other] = [summary(a.filter((x) => x <= most)), summary(b.filter((x) => x <= most))];
  return (one.mean - other.mean) / Math.sqrt(one.variance / one.count + other.variance / other.count);
}

export function summary(sample: number[]): { count: number; mean: number; variance: number; median: number } {
  const count = sample.length;
  const mean = sample.reduce((sum, x) => sum + x, 0) / count;
  const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance, median: [...sample].sort((x, y) => x - y)[Math.floor(count / 2)]! };
}
