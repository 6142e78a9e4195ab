// What the board uses of sortablejs, which comes without types.
declare module "sortablejs" {
  export interface Moved { item: HTMLElement; from: HTMLElement; to: HTMLElement; oldIndex?: number }
  export default class Sortable {
    constructor(element: HTMLElement, options: Record<string, unknown>);
    static get(element: HTMLElement): Sortable | undefined;
  }
}
