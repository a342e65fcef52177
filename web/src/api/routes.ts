// Requests to the routes of the contract. A path, a parameter or a body that the contract does not have does not compile.

import type { paths } from './contract.ts';
import type { Request } from './transport.ts';

type Method = 'get' | 'post';
type Routes<Verb extends Method> = { [Route in keyof paths]: paths[Route][Verb] extends object ? Route : never }[keyof paths];
/** The names between braces. */
type Parameters<Route extends string> = Route extends `${string}{${infer Name}}${infer Rest}` ? Name | Parameters<Rest> : never;
type Values<Route extends string> = { readonly [Name in Parameters<Route>]: string };
type Query<Route extends Routes<'get'>> = paths[Route]['get'] extends { parameters: { query?: infer Query } } ? Query : never;
type Body<Route extends Routes<'post'>> = paths[Route]['post'] extends {
  requestBody?: { content: { 'application/json': infer Json } };
}
  ? Json
  : never;

export function get<Route extends Routes<'get'>>(route: Route, values: Values<Route>, query?: Query<Route>): Request {
  const given = Object.entries<unknown>(query ?? {}).map(([name, value]) => [name, String(value)]);
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
  return { method: 'GET', path: filled(route, values) + search };
}

export function post<Route extends Routes<'post'>>(route: Route, values: Values<Route>, body: Body<Route>): Request {
  return { method: 'POST', path: filled(route, values), body };
}

function filled(route: string, values: Readonly<Record<string, string>>): string {
  return route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}
