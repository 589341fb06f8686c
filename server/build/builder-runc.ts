/**
 * The `runc` that the builder's engine finds first. Old BuildKit ignores every limit of a build, so this one puts each
 * step into the control group of its build before the real runc starts it. The build is named by a label in the step's
 * environment: proxy arguments enter neither the cache key nor the image. Steps without the label, or of a build that
 * has ended, do not start.
 */
const labelPattern = '[0-9a-f]{32}';

/** The value of the build argument `no_proxy` that carries the label. */
export const labelArgument = (label: string): string => `b-${label}.slipway.invalid`;

/**
 * A POSIX script: it runs five times per step, where another runtime's start would be felt. All paths are ours.
 * @param groupsRoot folder of one controller whose sub-folders are the builds of now
 * @param cgroup the same, as runc names it; null leaves the steps where the engine puts them
 */
export const runcWrapper = (realRunc: string, groupsRoot: string, cgroup: string | null): string => `#!/bin/sh
bundle= before= id=
for argument do
  [ "$before" = --bundle ] && bundle=$argument
  before=$argument
  id=$argument
done
${
  cgroup === null
    ? ''
    : `if [ -n "$bundle" ]; then
  file="$bundle/config.json"
  label=$(sed -nE 's/.*"no_proxy=b-(${labelPattern})\\.slipway\\.invalid".*/\\1/p' "$file")
  if [ -z "$label" ] || [ ! -d "${groupsRoot}/$label" ]; then
    echo "slipway: this build has ended" >&2
    exit 1
  fi
  sed -i -E 's#"cgroupsPath":"[^"]*"#"cgroupsPath":"/${cgroup}/'"$label/$id"'"#' "$file"
fi
`
}exec ${realRunc} "$@"
`;
