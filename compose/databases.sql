-- One database for each service, owned by a role with a password of its own, which alone gets in.
-- Made once; found again after that, with the password of now.
\set ON_ERROR_STOP on
\getenv django DJANGO_PASSWORD
\getenv fastapi FASTAPI_PASSWORD
CREATE TEMPORARY TABLE service (name text, password text);
INSERT INTO service VALUES ('django', :'django'), ('fastapi', :'fastapi');

SELECT format('CREATE ROLE %I LOGIN', name) FROM service
WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', name, password) FROM service \gexec

SELECT format('CREATE DATABASE %I OWNER %I', name, name) FROM service
WHERE name NOT IN (SELECT datname FROM pg_database) \gexec
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', name) FROM service \gexec
