/** A module that the browser edition does not have: the checker lets it pass, so that running the cell says what it needs. */
declare const unavailable: any;
export = unavailable;
