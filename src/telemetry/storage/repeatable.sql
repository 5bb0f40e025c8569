-- name: expire
delete from repeatable where begun_at < %(before)s::timestamptz

-- name: begin
insert into repeatable (digest, fingerprint, begun_at)
values (%(digest)s::bytea, %(fingerprint)s::bytea, %(now)s::timestamptz)
on conflict (digest) do nothing

-- name: found
select fingerprint, answer from repeatable where digest = %(digest)s::bytea

-- name: answered
update repeatable set answer = %(answer)s::bytea where digest = %(digest)s::bytea

-- name: forget
delete from repeatable where digest = %(digest)s::bytea
