import { expect, test } from 'vitest';
import { mayWrite } from './statement.ts';

test.each([
  'select 1',
  '  select * from t where a = $1',
  `select 'insert into x' as text`,
  'select "update" from t',
  'select 1 -- delete\n',
  'select 1 /* drop table t */',
  'with x as (select 1) select * from x',
  'values (1), (2)',
  'explain select 1',
  '(select 1) union (select 2)',
  'select updated_at, deleted from t',
])('%s only reads', (sql) => expect(mayWrite(sql)).toBe(false));

test.each([
  'insert into t values (1)',
  'UPDATE t set a = 1',
  'delete from t',
  'with gone as (delete from t returning *) select * from gone',
  'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x',
  'with a as (select 1), b as (update t set a = 1 returning a) select * from b',
  'merge into t using s on true when matched then delete',
  'select * into t2 from t',
  'select * from t for update',
  'select * from t for share',
  'select nextval($1)',
  'truncate t',
  'create table t (a int)',
  'call p()',
  'do $$ begin end $$',
  'explain analyze delete from t',
  'set local x to 1',
  'savepoint s',
  '',
])('%s may write', (sql) => expect(mayWrite(sql)).toBe(true));
