// Where `serve` listens for operators on its host and `state` finds it.
import { Option } from 'commander';

export function adminSocketOption(): Option {
  return new Option('--admin-socket <path>', 'unix socket of the running server, usable by its owner only')
    .env('CS_INTERACT_ADMIN_SOCKET')
    .default('/run/cs-interact/admin.sock');
}
