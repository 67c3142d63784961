// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three protected heaps on plain memory, behind the kernel's own drivers/tee/tee_heap.c.
 *
 * For tests alone: a TEE without operations lends pools of ordinary contiguous memory.
 * Nothing guards that memory; what the heap refuses (mmap, vmap) it refuses as on a board.
 */

#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/tee_core.h>

#define POOL_BYTES (8u << 20)

static const enum tee_dma_heap_id heaps[] = {
	TEE_DMA_HEAP_SECURE_VIDEO_PLAY,
	TEE_DMA_HEAP_TRUSTED_UI,
	TEE_DMA_HEAP_SECURE_VIDEO_RECORD,
};

static struct platform_device *owner;
static struct tee_device *tee;

static void get_version(struct tee_device *teedev, struct tee_ioctl_version_data *version)
{
	memset(version, 0, sizeof(*version));
}

static int open_context(struct tee_context *context)
{
	return -EPERM;
}

static void release_context(struct tee_context *context)
{
}

static const struct tee_driver_ops operations = {
	.get_version = get_version,
	.open = open_context,
	.release = release_context,
};

static const struct tee_desc description = {
	.name = "heapwright-protected",
	.ops = &operations,
	.owner = THIS_MODULE,
};

static int add_heap(enum tee_dma_heap_id id)
{
	struct tee_protmem_pool *pool;
	dma_addr_t address;
	int result;

	/* Never freed: the module stays for the life of the machine. */
	if (!dma_alloc_attrs(&owner->dev, POOL_BYTES, &address, GFP_KERNEL, DMA_ATTR_FORCE_CONTIGUOUS))
		return -ENOMEM;
	pool = tee_protmem_static_pool_alloc(address, POOL_BYTES);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	result = tee_device_register_dma_heap(tee, id, pool);
	if (result)
		pool->ops->destroy_pool(pool);
	return result;
}

static int __init start(void)
{
	int index, result;

	owner = platform_device_register_simple("heapwright-protected", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	result = dma_coerce_mask_and_coherent(&owner->dev, DMA_BIT_MASK(32));
	if (result)
		goto unregister;
	tee = tee_device_alloc(&description, NULL, NULL, NULL);
	if (IS_ERR(tee)) {
		result = PTR_ERR(tee);
		goto unregister;
	}
	for (index = 0; index < ARRAY_SIZE(heaps); index++) {
		result = add_heap(heaps[index]);
		if (result)
			goto put;
	}
	result = tee_device_register(tee);
	if (!result)
		return 0;
put:
	tee_device_unregister(tee);
unregister:
	platform_device_unregister(owner);
	return result;
}

module_init(start);
MODULE_DESCRIPTION("Protected heaps on plain memory, for tests");
MODULE_LICENSE("GPL");
