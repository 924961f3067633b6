#!/bin/sh
# Take secrets from files, as Docker and Kubernetes mount them: NAME_FILE=/run/secrets/x sets NAME to the file's content.
# PRFLOW_GITHUB_APP_PRIVATE_KEY_FILE and PRFLOW_LOGIN_ACCESS_FILE are settings of prflow, which reads those files itself;
# PGPASSFILE and AWS_SHARED_CREDENTIALS_FILE are read by PostgreSQL's and AWS's libraries.
set -eu

for name in \
    GITHUB_TOKEN PRFLOW_GITHUB_TOKENS GROQ_API_KEY \
    AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN PGPASSWORD \
    PREFECT_API_AUTH_STRING PREFECT_SERVER_API_AUTH_STRING PREFECT_API_KEY PREFECT_SERVER_DATABASE_PASSWORD \
    PRFLOW_SMTP_PASSWORD PRFLOW_SLACK_BOT_TOKEN PRFLOW_SLACK_WEBHOOK_URL PRFLOW_APPRISE_URLS \
    PRFLOW_LOGIN_CLIENT_SECRET PRFLOW_LOGIN_COOKIE_SECRET PRFLOW_DASHBOARD_METRICS_TOKEN
do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        if [ ! -r "$file" ]; then
            echo "${name}_FILE names $file, which cannot be read. Mount the secret, or unset ${name}_FILE." >&2
            exit 1
        fi
        value=$(cat "$file")
        export "$name=$value"
        unset "${name}_FILE"
    fi
done
exec "$@"
