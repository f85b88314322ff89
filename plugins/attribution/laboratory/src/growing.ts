/** A column of numbers that grows: for lists whose length is known only when they are written. */
export class Growing {
  #values = new Float64Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const longer = new Float64Array(this.#size * 2);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#size++] = value;
  }

  /** Forgets every value after the first `size`. */
  truncate(size: number): void {
    this.#size = Math.min(this.#size, size);
  }

  /** The values so far; a view, so take it when the column is done. */
  column(): Float64Array {
    return this.#values.subarray(0, this.#size);
  }
}
