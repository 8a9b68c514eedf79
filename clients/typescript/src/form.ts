type Fields = Record<string, unknown>;

/**
 * The body of a create: JSON, or a form if it holds files. Under `root`, as Rails names it: `tune[images][]`.
 */
export function bodyOf(root: string | null, fields: object): unknown {
  const whole: Fields = root === null ? (fields as Fields) : { [root]: fields };
  if (!holdsFile(whole)) return whole;
  const form = new FormData();
  for (const [name, value] of Object.entries(whole)) append(form, name, value);
  return form;
}

function holdsFile(value: unknown): boolean {
  if (value instanceof Blob) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsFile);
}

function append(form: FormData, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (value instanceof Blob) {
    form.append(name, value, value instanceof File ? value.name : "photo");
  } else if (Array.isArray(value)) {
    value.forEach((item, at) => append(form, isPlain(item) ? `${name}[${at}]` : `${name}[]`, item));
  } else if (name.endsWith("[characteristics]")) {
    form.append(name, JSON.stringify(value)); // its names are the app's own
  } else if (typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) append(form, `${name}[${key}]`, inner);
  } else {
    form.append(name, String(value));
  }
}

const isPlain = (value: unknown) => typeof value === "object" && value !== null && !(value instanceof Blob);
