// What Astria's inspection document asks of a browser: shrink first, warn per photo, aggregate over all of them.
// Pure functions without a page, so that they read (and can be tested) on their own.

export const MAX_DIMENSION_PX = 512;
const JPEG_QUALITY = 0.9;

/** Attributes whose value says "there is none". */
const ABSENT = new Set(["", "none"]);

export const isAbsent = (value) => ABSENT.has(value.trim().toLowerCase());

/** Does this look like a picture? Some systems give HEIC files no type at all. */
export function isPicture(file) {
  return file.type.startsWith("image/") || (file.type === "" && /\.(heic|heif|avif)$/i.test(file.name));
}

/**
 * The file to send: at most 512 px on its longer side, its shape kept. A small picture goes as it is, and so does one
 * that this browser cannot read: the server may know better.
 */
export async function shrink(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { file, width: null, height: null, shrunk: false };
  }
  const { width, height } = bitmap;
  const longer = Math.max(width, height);
  if (longer <= MAX_DIMENSION_PX) {
    bitmap.close();
    return { file, width, height, shrunk: false };
  }
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round((width * MAX_DIMENSION_PX) / longer));
  canvas.height = Math.max(1, Math.round((height * MAX_DIMENSION_PX) / longer));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, file.type, JPEG_QUALITY));
  if (!blob) return { file, width, height, shrunk: false };
  return { file: new File([blob], file.name, { type: blob.type }), width: canvas.width, height: canvas.height, shrunk: true };
}

/** Sentences to show under one photo. `wanted` is the class the user chose. */
export function warnings(inspection, wanted) {
  const found = [];
  const name = inspection.name;
  if (typeof name !== "string") found.push("Could not detect image");
  else if (isAbsent(name)) found.push(`Could not detect ${wanted} in the image`);
  else if (name !== wanted) found.push(`Could not detect ${wanted} in the image: it looks like a ${name}`);
  for (const [key, value] of Object.entries(inspection)) {
    if (key !== "name" && value === true) found.push(sentence(key));
  }
  return found;
}

/** For each text attribute the value most photos agree on; a draw goes to the photo inspected last. */
export function aggregate(inspections) {
  const votes = new Map();
  for (const inspection of inspections) {
    for (const [key, value] of Object.entries(inspection)) {
      if (typeof value !== "string") continue;
      if (!votes.has(key)) votes.set(key, new Map());
      const counts = votes.get(key);
      const count = (counts.get(value) ?? 0) + 1;
      counts.delete(value); // re-inserted last, so that the newest of equals is seen last
      counts.set(value, count);
    }
  }
  const common = {};
  for (const [key, counts] of votes) {
    let best = -1;
    for (const [value, count] of counts) {
      if (count >= best) {
        best = count;
        common[key] = value;
      }
    }
  }
  return common;
}

/** The traits that are really there, class first, no value twice. */
export function presentTraits(common) {
  const seen = new Set();
  return Object.entries(common)
    .sort(([a], [b]) => Number(b === "name") - Number(a === "name"))
    .filter(([, value]) => !isAbsent(value) && !seen.has(value) && seen.add(value))
    .map(([key, value]) => ({ key, label: key === "name" ? "Class" : sentence(key), value }));
}

/** Words for a prompt. Values that a template engine or a reference parser could read as syntax stay out. */
export function traitsAsPrompt(common) {
  return presentTraits(common).map(({ value }) => value).filter((value) => !/[<>{}]|--/.test(value)).join(", ");
}

function sentence(key) {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
