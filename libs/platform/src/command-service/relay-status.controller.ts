import { Controller, Get } from '@nestjs/common';
import { RelayMonitor } from './relay-monitor';

/** For the status of the whole system; the gateway does not route here. */
@Controller('internal/relay')
export class RelayStatusController {
  constructor(private readonly monitor: RelayMonitor) {}

  @Get('status')
  status(): ReturnType<RelayMonitor['status']> {
    return this.monitor.status();
  }
}
