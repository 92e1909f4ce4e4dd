/** Version of this package; a test keeps it equal to package.json's. */
export const version = "1.0.0-rc.1";

/**
 * Version of the widgets' views, as their front ends register them: of the traits and messages between the two halves, which
 * saved notebooks hold. It stays where the package's moves on, but has its major version, since pages that show saved
 * notebooks ask a server of packages for it.
 */
export const widgetsVersion = "1.0.0";

/** What widgets say which views show them: these or newer ones of the same major version. */
export const widgetsRange = `^${widgetsVersion}`;
