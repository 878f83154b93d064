/** What the charts' values call the parts of an image's name. */
export interface ImageValues {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const REFERENCE =
  /^(?<repository>.+?)(?::(?<tag>[\w][\w.-]*))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

export function imageValues(reference: string): ImageValues {
  const { repository = '', tag, digest } = REFERENCE.exec(reference)?.groups ?? {};
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** For Helm: all of them but those that are left out. */
export function imageFlags(values: Partial<ImageValues>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--set-string=image.${name}=${value}`);
}
