// What the reports say of a list of numbers.
const sorted = (values) => [...values].sort((a, b) => a - b);

/** The value below which that part (0 to 1) of the values lies. */
export const quantile = (values, part) => sorted(values)[Math.round((values.length - 1) * part)];

/** The middle value; of an even number, between the two in the middle. */
export const median = (values) => {
  const ordered = sorted(values);
  return (ordered[Math.floor((ordered.length - 1) / 2)] + ordered[Math.ceil((ordered.length - 1) / 2)]) / 2;
};

/** Groups of a list by a key, in the order of their first members. */
export const groups = (list, key) => {
  const found = new Map();
  for (const one of list) found.set(key(one), [...(found.get(key(one)) ?? []), one]);
  return found;
};
