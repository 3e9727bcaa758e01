"""What an application does to tissue. Knows devices and tissue, but no patient."""
