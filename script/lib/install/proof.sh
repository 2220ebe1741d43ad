cd /
python3 /srv/try/open_site.py https://lk.example.ru
python3 /srv/try/who_is_there.py /var/lib/cabinet/cabinet.sqlite3 | tee /srv/try/who
cabinet security-check || echo "it ended with $?"
diff -rq --exclude=__pycache__ --exclude='.*' /opt/cabinet/source/cabinet /opt/cabinet/lib/python3*/site-packages/cabinet
systemctl is-active cabinet-serve cabinet-work cabinet-backup.timer nginx
systemctl list-units --failed --plain --no-legend --no-pager 'cabinet-*' nginx.service
grep -E '^(Uid|NoNewPrivs|Seccomp|CapEff|CapBnd):' "/proc/$(systemctl show --value --property=MainPID cabinet-serve)/status"
systemd-analyze security --no-pager cabinet-serve | tail -n 1
