/** A picture that is larger is made smaller before it is hashed: mobile networks carry it, and the centre takes no more. */
const largestBytes = 3 * 1024 * 1024;
/** Longest side of a picture that was made smaller. */
const longestSidePx = 2_560;
const quality = 0.85;

const smaller = async (file: Blob): Promise<Blob> => {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, longestSidePx / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const made = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", quality);
  });
  if (made === null) throw new Error("no picture");
  return made;
};

const isTaken = ({ type, size }: Blob): boolean =>
  size <= largestBytes && ["image/jpeg", "image/png", "image/webp"].includes(type);

/** A picture as it is kept from now on, and its SHA-256 at this moment. Rejects when the file is no picture. */
export const takePicture = async (file: Blob): Promise<{ readonly sha256: string; readonly picture: Blob }> => {
  const picture = isTaken(file) ? file : await smaller(file);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await picture.arrayBuffer()));
  return { sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""), picture };
};
