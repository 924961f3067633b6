"""Who is who: accounts and teams by GitHub's ids, whatever their logins are today."""
