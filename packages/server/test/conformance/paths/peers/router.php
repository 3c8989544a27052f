<?php
// The way that small PHP applications route: on the decoded path, without case.
$path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$path = rtrim($path, '/') === '' ? '/' : rtrim($path, '/');
if (preg_match('#^/orders/admin$#i', $path)) echo 'admin';
elseif (preg_match('#^/orders/([^/]+)/purge$#i', $path)) echo 'purge';
elseif (preg_match('#^/jobs/([^/:]+):([^/]+)$#i', $path)) echo 'verb';
elseif (preg_match('#^/orders/([^/]+)$#i', $path)) echo 'read';
elseif (preg_match('#^/jobs/([^/]+)$#i', $path)) echo 'read';
else { http_response_code(404); echo 'none'; }
