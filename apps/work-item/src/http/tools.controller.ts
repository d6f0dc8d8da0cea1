import { Controller, Get } from '@nestjs/common';
import type { Tool } from '../tools/tool';
import { tools } from '../tools/tool-catalogue';

@Controller('v1/tools')
export class ToolsController {
  @Get()
  list(): { readonly items: readonly Tool[] } {
    return { items: tools };
  }
}
