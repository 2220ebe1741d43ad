cd /
python3 /srv/try/open_site.py https://lk.example.ru
cabinet ledger check
cabinet audit verify
python3 /srv/try/who_is_there.py /var/lib/cabinet/cabinet.sqlite3 | tee /srv/try/who
systemctl is-active cabinet-serve cabinet-work cabinet-backup.timer nginx
systemctl is-enabled cabinet-serve cabinet-work cabinet-backup.timer
