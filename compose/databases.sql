-- One database for each service, owned by a role of its own; made once, found again after that.
\set ON_ERROR_STOP on
\getenv password PGPASSWORD
CREATE TEMPORARY TABLE service (name text);
INSERT INTO service VALUES ('django'), ('fastapi');

SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', name, :'password') FROM service
WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec

SELECT format('CREATE DATABASE %I OWNER %I', name, name) FROM service
WHERE name NOT IN (SELECT datname FROM pg_database) \gexec
