import { expect, test } from 'vitest';
import { isJson, jsonDepth } from './body.ts';

test.each([
  ['', 0],
  ['1', 0],
  ['"[[["', 0],
  ['[]', 1],
  ['{"a":[{"b":1}]}', 3],
  ['[[],[[]]]', 3],
  [String.raw`{"a":"\"[[["}`, 1],
  [String.raw`{"a":"\\","b":[]}`, 2],
  [String.raw`{"a":"\\\"[[","b":[]}`, 2],
  ['["ü€😀[["]', 1],
  ['"never ends [[[', 0],
  ['['.repeat(1000), 1000],
])('%j is nested so deep', (text, depth) => {
  expect(jsonDepth(text)).toBe(depth);
  expect(jsonDepth(new TextEncoder().encode(text))).toBe(depth);
});

test.each([
  ['application/json', true],
  ['application/json; charset=utf-8', true],
  ['Application/JSON', true],
  ['application/problem+json', true],
  ['application/vnd.api+json', true],
  ['text/json', false],
  ['application/jsonp', false],
  [undefined, false],
])('%j is JSON: %j', (type, expected) => expect(isJson(type)).toBe(expected));
