"""A machine recognises its drivers: every driver file by all that its kernel sources say of whom they drive.

The table is written from the sources that the rows name, not from our files: the name that
DRM (`.name`) or V4L2 (VIDIOC_QUERYCAP) says, the strings of the match table, the PCI ids.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest

from heapwright.platforms.knowledge.drivers import DriverFacts, Known, driver_facts, drivers
from heapwright.platforms.knowledge.recognition import Identity, recognised, told
from heapwright.platforms.reading.yaml_source import read_file
from tests.examples import ROOT
from tests.examples import board as shipped

TRAITS: Final[dict[str, dict[str, object]]] = {
    "vivid": {"userptr": True}, "virtio-gpu": {"blob": True},
}  # fmt: skip
KERNELS: Final = {"bochs-vram": "6.12", "bochs": "6.13"}


class Row(NamedTuple):
    """A file, what kind it is about, and what linux-7.3.4 (or the downstream tree it cites) says."""

    file: str
    kind: str
    name: str
    strings: str
    ids: str

    @property
    def compatible(self) -> list[str]:
        return self.strings.split()

    @property
    def pci(self) -> list[str]:
        return self.ids.split()

    def found(self, **says: Any) -> Known:
        identity = Identity(**{"driver": self.name, **says})
        return driver_facts(identity, self.kind, KERNELS.get(self.file), TRAITS.get(self.file, {}))

    def rivals(self) -> set[str]:
        """Files of the same kind that are about the same driver on that kernel, with those traits."""
        return {
            row.file
            for row in TABLE
            if (row.kind, row.name) == (self.kind, self.name)
            and TRAITS.get(row.file, {}) == TRAITS.get(self.file, {})
            and KERNELS.get(row.file) == KERNELS.get(self.file)
        }


# gpu/drm, media, accel: the driver's C files of that directory; include/drm/intel/pciids.h;
# amd/amdgpu/amdgpu_drv.c pciidlist[]; include/media/ipu6-pci-table.h.
TABLE: Final = (
    Row("amdgpu-dcn", "display", "amdgpu", "", ""),
    Row(
        "amdgpu-gfx10", "gpu", "amdgpu",
        "",
        "1002:7310 1002:7312 1002:7318 1002:7319 1002:731a 1002:731b 1002:731e 1002:731f 1002:7340 1002:7341 "
        "1002:7347 1002:734f 1002:7360 1002:7362 1002:13db 1002:13f9 1002:13fa 1002:13fb 1002:13fc 1002:13fe "
        "1002:143f",
    ),
    Row(
        "amdgpu-gfx103", "gpu", "amdgpu",
        "",
        "1002:73a0 1002:73a1 1002:73a2 1002:73a3 1002:73a5 1002:73a8 1002:73a9 1002:73ab 1002:73ac 1002:73ad "
        "1002:73ae 1002:73af 1002:73bf 1002:164d 1002:1681 1002:73c0 1002:73c1 1002:73c3 1002:73da 1002:73db "
        "1002:73dc 1002:73dd 1002:73de 1002:73df 1002:73e0 1002:73e1 1002:73e2 1002:73e3 1002:73e8 1002:73e9 "
        "1002:73ea 1002:73eb 1002:73ec 1002:73ed 1002:73ef 1002:73ff 1002:7420 1002:7421 1002:7422 1002:7423 "
        "1002:7424 1002:743f",
    ),
    Row("bcm2835-codec-decode", "video-decoder", "bcm2835-codec", "", ""),
    Row("bcm2835-codec-encode", "video-encoder", "bcm2835-codec", "", ""),
    Row("bcm2835-codec-isp", "isp", "bcm2835-codec", "", ""),
    Row("bcm2835-codec-jpeg", "jpeg-codec", "bcm2835-codec", "", ""),
    Row("bochs", "display", "bochs-drm", "", "1234:1111 4321:1111"),
    Row("bcm2835-isp", "isp", "bcm2835-isp", "", ""),
    Row("bochs-vram", "display", "bochs-drm", "", "1234:1111 4321:1111"),
    Row(
        "camss-rdi", "camera", "qcom-camss",
        "qcom,msm8916-camss qcom,msm8939-camss qcom,msm8953-camss qcom,msm8996-camss qcom,qcm2290-camss "
        "qcom,qcs8300-camss qcom,sa8775p-camss qcom,sc7280-camss qcom,sc8280xp-camss qcom,sdm660-camss "
        "qcom,sdm670-camss qcom,sdm845-camss qcom,sm6150-camss qcom,sm6350-camss qcom,sm8250-camss "
        "qcom,sm8550-camss qcom,sm8650-camss qcom,x1e80100-camss",
        "",
    ),
    Row(
        "cedrus", "video-decoder", "cedrus",
        "allwinner,sun4i-a10-video-engine allwinner,sun5i-a13-video-engine allwinner,sun7i-a20-video-engine",
        "",
    ),
    Row(
        "cedrus-untiled", "video-decoder", "cedrus",
        "allwinner,sun8i-a33-video-engine allwinner,sun8i-h3-video-engine allwinner,sun8i-v3s-video-engine "
        "allwinner,sun8i-r40-video-engine allwinner,sun20i-d1-video-engine allwinner,sun50i-a64-video-engine "
        "allwinner,sun50i-h5-video-engine allwinner,sun50i-h6-video-engine",
        "",
    ),
    Row("cobalt", "camera", "cobalt", "", "1137:2732"),
    Row("dw100", "2d", "dw100", "nxp,imx8mp-dw100", ""),
    Row("e5010", "jpeg-codec", "e5010", "img,e5010-jpeg-enc", ""),
    Row("etnaviv-rs", "gpu", "etnaviv", "vivante,gc", ""),
    Row("hantro-g1", "video-decoder", "hantro-vpu", "nxp,imx8mm-vpu-g1", ""),
    Row("hantro-g2", "video-decoder", "hantro-vpu", "nxp,imx8mq-vpu-g2", ""),
    Row(
        "hantro-jpeg", "jpeg-codec", "hantro-vpu",
        "rockchip,px30-vpu rockchip,rk3066-vpu rockchip,rk3288-vpu rockchip,rk3399-vpu rockchip,rk3568-vepu "
        "rockchip,rk3588-vepu121",
        "",
    ),
    Row("hantro-stm32mp25", "video-decoder", "hantro-vpu", "st,stm32mp25-vdec", ""),
    Row(
        "hantro-vdpu2", "video-decoder", "hantro-vpu",
        "rockchip,px30-vpu rockchip,rk3328-vpu rockchip,rk3399-vpu rockchip,rk3568-vpu",
        "",
    ),
    Row("hantro-vpu981", "video-decoder", "hantro-vpu", "rockchip,rk3588-av1-vpu", ""),
    Row(
        "hevc-d", "video-decoder", "rpi-hevc-dec",
        "brcm,bcm2711-hevc-dec brcm,bcm2712-hevc-dec raspberrypi,hevc-dec",
        "",
    ),
    Row(
        "i915-display-dg2", "display", "i915",
        "",
        "8086:56a0 8086:56a1 8086:56a2 8086:56be 8086:56bf 8086:5690 8086:5691 8086:5692 8086:56a5 8086:56a6 "
        "8086:56b0 8086:56b1 8086:56ba 8086:56bb 8086:56bc 8086:56bd 8086:5693 8086:5694 8086:5695 8086:56a3 "
        "8086:56a4 8086:56b2 8086:56b3 8086:5696 8086:5697",
    ),
    Row(
        "i915-display-mtl", "display", "i915",
        "",
        "8086:7d40 8086:7d45 8086:7d55 8086:7d60 8086:7dd5 8086:7d51 8086:7dd1 8086:7d41 8086:7d67 8086:b640",
    ),
    Row(
        "i915-display-tgl", "display", "i915",
        "",
        "8086:9a60 8086:9a68 8086:9a70 8086:9a40 8086:9a49 8086:9a59 8086:9a78 8086:9ac0 8086:9ac9 8086:9ad9 "
        "8086:9af8 8086:4c80 8086:4c8a 8086:4c8b 8086:4c8c 8086:4c90 8086:4c9a 8086:4680 8086:4682 8086:4688 "
        "8086:468a 8086:468b 8086:4690 8086:4692 8086:4693 8086:a780 8086:a781 8086:a782 8086:a783 8086:a788 "
        "8086:a789 8086:a78a 8086:a78b",
    ),
    Row(
        "i915-gt-dg2", "gpu", "i915",
        "",
        "8086:56a0 8086:56a1 8086:56a2 8086:56be 8086:56bf 8086:5690 8086:5691 8086:5692 8086:56a5 8086:56a6 "
        "8086:56b0 8086:56b1 8086:56ba 8086:56bb 8086:56bc 8086:56bd 8086:5693 8086:5694 8086:5695 8086:56a3 "
        "8086:56a4 8086:56b2 8086:56b3 8086:5696 8086:5697 8086:56c0 8086:56c2 8086:56c1",
    ),
    Row(
        "i915-gt-mtl", "gpu", "i915",
        "",
        "8086:7d40 8086:7d45 8086:7d55 8086:7d60 8086:7dd5 8086:7d51 8086:7dd1 8086:7d41 8086:7d67 8086:b640",
    ),
    Row(
        "i915-gt-tgl", "gpu", "i915",
        "",
        "8086:9a60 8086:9a68 8086:9a70 8086:9a40 8086:9a49 8086:9a59 8086:9a78 8086:9ac0 8086:9ac9 8086:9ad9 "
        "8086:9af8 8086:4c80 8086:4c8a 8086:4c8b 8086:4c8c 8086:4c90 8086:4c9a 8086:4680 8086:4682 8086:4688 "
        "8086:468a 8086:468b 8086:4690 8086:4692 8086:4693 8086:46a0 8086:46a1 8086:46a2 8086:46a3 8086:46a6 "
        "8086:46a8 8086:46aa 8086:462a 8086:4626 8086:4628 8086:46b0 8086:46b1 8086:46b2 8086:46b3 8086:46c0 "
        "8086:46c1 8086:46c2 8086:46c3 8086:46d0 8086:46d1 8086:46d2 8086:46d3 8086:46d4 8086:a780 8086:a781 "
        "8086:a782 8086:a783 8086:a788 8086:a789 8086:a78a 8086:a78b 8086:a721 8086:a7a1 8086:a7a9 8086:a7ac "
        "8086:a7ad 8086:a720 8086:a7a0 8086:a7a8 8086:a7aa 8086:a7ab",
    ),
    Row("imx8-isi", "camera", "mxc-isi", "fsl,imx8mp-isi", ""),
    Row("imx8-isi-m2m", "2d", "mxc-isi", "fsl,imx8mp-isi", ""),
    Row(
        "intel-gen12-decoder", "video-decoder", "i915",
        "",
        "8086:9a60 8086:9a68 8086:9a70 8086:9a40 8086:9a49 8086:9a59 8086:9a78 8086:9ac0 8086:9ac9 8086:9ad9 "
        "8086:9af8 8086:4c80 8086:4c8a 8086:4c8b 8086:4c8c 8086:4c90 8086:4c9a",
    ),
    Row(
        "intel-gen12-encoder", "video-encoder", "i915",
        "",
        "8086:9a60 8086:9a68 8086:9a70 8086:9a40 8086:9a49 8086:9a59 8086:9a78 8086:9ac0 8086:9ac9 8086:9ad9 "
        "8086:9af8 8086:4c80 8086:4c8a 8086:4c8b 8086:4c8c 8086:4c90 8086:4c9a",
    ),
    Row("intel-ipu6", "camera", "isys", "", "8086:9a19 8086:4e19 8086:465d 8086:462e 8086:a75d 8086:7d19"),
    Row(
        "iris-decoder", "video-decoder", "iris_driver",
        "qcom,milos-iris qcom,qcs8300-iris qcom,sc7280-venus qcom,sm8250-venus qcom,sm8550-iris "
        "qcom,sm8650-iris qcom,sm8750-iris qcom,x1p42100-iris",
        "",
    ),
    Row(
        "iris-encoder", "video-encoder", "iris_driver",
        "qcom,milos-iris qcom,qcs8300-iris qcom,sc7280-venus qcom,sm8250-venus qcom,sm8550-iris "
        "qcom,sm8650-iris qcom,sm8750-iris qcom,x1p42100-iris",
        "",
    ),
    Row("j721e-csi2rx", "camera", "j721e-csi2rx", "ti,j721e-csi2rx-shim", ""),
    Row("kirin-ade", "display", "kirin", "hisilicon,hi6220-ade", ""),
    Row("lcdif", "display", "imx-lcdif", "fsl,imx8mp-lcdif fsl,imx93-lcdif", ""),
    Row("lima", "gpu", "lima", "arm,mali-400 arm,mali-450", ""),
    Row("msm-a6xx", "gpu", "msm", "qcom,adreno-690.0", ""),
    Row(
        "msm-dpu", "display", "msm",
        "qcom,eliza-dpu qcom,glymur-dpu qcom,kaanapali-dpu qcom,milos-dpu qcom,msm8998-dpu qcom,qcm2290-dpu "
        "qcom,sa8775p-dpu qcom,sar2130p-dpu qcom,sdm670-dpu qcom,sdm845-dpu qcom,sc7180-dpu qcom,sc7280-dpu "
        "qcom,sc8180x-dpu qcom,sc8280xp-dpu qcom,sm6115-dpu qcom,sm6125-dpu qcom,sm6150-dpu qcom,sm6350-dpu "
        "qcom,sm6375-dpu qcom,sm7150-dpu qcom,sm8150-dpu qcom,sm8250-dpu qcom,sm8350-dpu qcom,sm8450-dpu "
        "qcom,sm8550-dpu qcom,sm8650-dpu qcom,sm8750-dpu qcom,x1e80100-dpu",
        "",
    ),
    Row(
        "mtk-mdp3", "2d", "mtk-mdp3",
        "mediatek,mt8183-mdp3-rdma mediatek,mt8188-mdp3-rdma mediatek,mt8195-mdp3-rdma "
        "mediatek,mt8195-mdp3-wrot",
        "",
    ),
    Row(
        "mtk-ovl", "display", "mediatek",
        "mediatek,mt2701-mmsys mediatek,mt7623-mmsys mediatek,mt2712-mmsys mediatek,mt8167-mmsys "
        "mediatek,mt8173-mmsys mediatek,mt8183-mmsys mediatek,mt8186-mmsys mediatek,mt8188-vdosys0 "
        "mediatek,mt8192-mmsys mediatek,mt8195-mmsys mediatek,mt8195-vdosys0 mediatek,mt8365-mmsys",
        "",
    ),
    Row("mtk-ovl-adaptor", "display", "mediatek", "mediatek,mt8188-vdosys1 mediatek,mt8195-vdosys1", ""),
    Row(
        "mtk-vcodec-decoder", "video-decoder", "mtk-vcodec-dec",
        "mediatek,mt8183-vcodec-dec mediatek,mt8186-vcodec-dec mediatek,mt8188-vcodec-dec "
        "mediatek,mt8192-vcodec-dec mediatek,mt8195-vcodec-dec",
        "",
    ),
    Row(
        "mtk-vcodec-encoder", "video-encoder", "mtk-vcodec-enc",
        "mediatek,mt8173-vcodec-enc mediatek,mt8173-vcodec-enc-vp8 mediatek,mt8183-vcodec-enc "
        "mediatek,mt8188-vcodec-enc mediatek,mt8192-vcodec-enc mediatek,mt8195-vcodec-enc",
        "",
    ),
    Row("panfrost-bifrost", "gpu", "panfrost", "arm,mali-bifrost mediatek,mt8183-mali mediatek,mt8183b-mali", ""),
    Row(
        "panfrost-midgard", "gpu", "panfrost",
        "amlogic,meson-gxm-mali arm,mali-t604 arm,mali-t624 arm,mali-t628 arm,mali-t720 arm,mali-t760 "
        "arm,mali-t820 arm,mali-t830 arm,mali-t860 arm,mali-t880",
        "",
    ),
    Row(
        "panfrost-valhall", "gpu", "panfrost",
        "allwinner,sun50i-h616-mali amlogic,meson-g12a-mali arm,mali-bifrost arm,mali-valhall-jm "
        "mediatek,mt8186-mali mediatek,mt8188-mali mediatek,mt8192-mali mediatek,mt8370-mali "
        "renesas,r9a08g046-mali renesas,r9a09g047-mali",
        "",
    ),
    Row("panthor", "gpu", "panthor", "arm,mali-valhall-csf mediatek,mt8196-mali rockchip,rk3588-mali", ""),
    Row("pisp-be", "isp", "pispbe", "raspberrypi,pispbe", ""),
    Row("rga2", "2d", "rockchip-rga", "rockchip,rk3288-rga rockchip,rk3399-rga", ""),
    Row("rga3", "2d", "rockchip-rga", "rockchip,rk3588-rga3", ""),
    Row("rkcif", "camera", "rockchip-cif", "rockchip,px30-vip rockchip,rk3568-vicap rockchip,rk3588-vicap", ""),
    Row("rkisp1", "camera", "rkisp1", "rockchip,px30-cif-isp rockchip,rk3399-cif-isp", ""),
    Row("rkisp1-main-stride", "camera", "rkisp1", "fsl,imx8mp-isp", ""),
    Row(
        "rkvdec", "video-decoder", "rkvdec",
        "rockchip,rk3288-vdec rockchip,rk3328-vdec rockchip,rk3399-vdec rockchip,rk3576-vdec "
        "rockchip,rk3588-vdec",
        "",
    ),
    Row(
        "rockchip-vop", "display", "rockchip",
        "rockchip,display-subsystem rockchip,rk3036-vop rockchip,rk3126-vop rockchip,px30-vop-big "
        "rockchip,px30-vop-lit rockchip,rk3066-vop rockchip,rk3188-vop rockchip,rk3288-vop "
        "rockchip,rk3368-vop rockchip,rk3366-vop rockchip,rk3399-vop-big rockchip,rk3399-vop-lit "
        "rockchip,rk3228-vop rockchip,rk3328-vop rockchip,rk3506-vop rockchip,rv1126-vop",
        "",
    ),
    Row(
        "rockchip-vop2", "display", "rockchip",
        "rockchip,display-subsystem rockchip,rk3566-vop rockchip,rk3568-vop rockchip,rk3576-vop "
        "rockchip,rk3588-vop",
        "",
    ),
    Row("rocket", "npu", "rocket", "rockchip,rk3588-rknn-core", ""),
    Row("rp1-cfe", "camera", "rp1-cfe", "raspberrypi,rp1-cfe", ""),
    Row("stm-ltdc", "display", "stm", "st,stm32-ltdc", ""),
    Row("stm-ltdc-ycbcr", "display", "stm", "st,stm32mp251-ltdc st,stm32mp255-ltdc", ""),
    Row("tidss", "display", "tidss", "ti,am625-dss ti,am62a7-dss ti,am62l-dss ti,am65x-dss ti,j721e-dss", ""),
    Row("unicam", "camera", "unicam", "brcm,bcm2835-unicam", ""),
    Row("uvcvideo", "camera", "uvcvideo", "", ""),
    Row("v3d", "gpu", "v3d", "brcm,2711-v3d brcm,2712-v3d", ""),
    Row("vc4-hvs5", "display", "vc4", "brcm,bcm2711-vc5 brcm,bcm2711-hvs", ""),
    Row("vc4-hvs6", "display", "vc4", "brcm,bcm2712-vc6 brcm,bcm2712-hvs", ""),
    Row(
        "vcn3-decoder", "video-decoder", "amdgpu",
        "",
        "1002:73a0 1002:73a1 1002:73a2 1002:73a3 1002:73a5 1002:73a8 1002:73a9 1002:73ab 1002:73ac 1002:73ad "
        "1002:73ae 1002:73af 1002:73bf 1002:73c0 1002:73c1 1002:73c3 1002:73da 1002:73db 1002:73dc 1002:73dd "
        "1002:73de 1002:73df 1002:73e0 1002:73e1 1002:73e2 1002:73e3 1002:73e8 1002:73e9 1002:73ea 1002:73eb "
        "1002:73ec 1002:73ed 1002:73ef 1002:73ff 1002:7420 1002:7421 1002:7422 1002:7423 1002:7424 1002:743f",
    ),
    Row(
        "vcn3-encoder", "video-encoder", "amdgpu",
        "",
        "1002:73a0 1002:73a1 1002:73a2 1002:73a3 1002:73a5 1002:73a8 1002:73a9 1002:73ab 1002:73ac 1002:73ad "
        "1002:73ae 1002:73af 1002:73bf 1002:73c0 1002:73c1 1002:73c3 1002:73da 1002:73db 1002:73dc 1002:73dd "
        "1002:73de 1002:73df 1002:73e0 1002:73e1 1002:73e2 1002:73e3 1002:73e8 1002:73e9 1002:73ea 1002:73eb "
        "1002:73ec 1002:73ed 1002:73ef 1002:73ff 1002:7420 1002:7421 1002:7422 1002:7423 1002:7424 1002:743f",
    ),
    Row("vgem", "gpu", "vgem", "", ""),
    Row("vicodec-decoder", "video-decoder", "vicodec", "", ""),
    Row("vicodec-encoder", "video-encoder", "vicodec", "", ""),
    Row("vim2m", "2d", "vim2m", "", ""),
    Row("virtio-gpu", "display", "virtio_gpu", "", ""),
    Row("virtio-gpu-no-blob", "display", "virtio_gpu", "", ""),
    Row("vivid", "camera", "vivid", "", ""),
    Row("vivid-contig", "camera", "vivid", "", ""),
    Row("vkms", "display", "vkms", "", ""),
    Row("wave5-decoder", "video-decoder", "wave5-dec", "ti,j721s2-wave521c", ""),
    Row("wave5-encoder", "video-encoder", "wave5-enc", "ti,j721s2-wave521c", ""),
)  # fmt: skip
ROWS: Final = [pytest.param(row, id=row.file) for row in TABLE]
COMPATIBLE: Final = [
    pytest.param(row, each, id=f"{row.file}-{each}") for row in TABLE for each in row.compatible
]
IDS: Final = [pytest.param(row, each, id=f"{row.file}-{each}") for row in TABLE for each in row.pci]


def test_the_table_has_every_driver_file_once() -> None:
    assert sorted(row.file for row in TABLE) == sorted(each.file for each in drivers())


def _is_or_could_be(known: Known, file: str, rivals: set[str]) -> None:
    """The file where it is the only one that could be meant, else all that could be, and why."""
    if rivals == {file}:
        assert known.facts is not None and known.facts.file == file, known.match
    else:
        assert known.facts is None
        assert set(known.match.could_be) == rivals
        sentence = told(known.match, "it")
        assert sentence is not None and all(each in sentence for each in rivals)


@pytest.mark.parametrize("row", ROWS)
def test_a_file_is_reached_by_the_name_that_the_kernel_says(row: Row) -> None:
    _is_or_could_be(row.found(), row.file, row.rivals())


@pytest.mark.parametrize(("row", "string"), COMPATIBLE)
def test_a_file_is_reached_by_each_string_of_its_match_table(row: Row, string: str) -> None:
    rivals = {other.file for other in TABLE if other.file in row.rivals() and string in other.compatible}
    board_first = ("acme,board-of-today", string)
    _is_or_could_be(row.found(compatible=(string,)), row.file, rivals)
    _is_or_could_be(row.found(compatible=board_first), row.file, rivals)
    of_kind = {other.file for other in TABLE if other.kind == row.kind and string in other.compatible}
    _is_or_could_be(row.found(driver="", compatible=(string,)), row.file, of_kind)


@pytest.mark.parametrize(("row", "pci"), IDS)
def test_a_file_is_reached_by_each_pci_id_of_its_driver(row: Row, pci: str) -> None:
    alike = {
        other.file for other in TABLE
        if other.file in row.rivals() and (pci in other.pci or not other.pci)
    }  # fmt: skip
    exact = {file for file in alike if any(other.file == file and pci in other.pci for other in TABLE)}
    _is_or_could_be(row.found(pci=pci), row.file, exact)


@pytest.mark.parametrize("row", [row for row in TABLE if row.compatible or row.pci], ids=lambda row: row.file)
def test_a_device_that_a_file_does_not_state_is_not_taken_for_it(row: Row) -> None:
    says: dict[str, Any] = {"pci": "ffff:0001"} if row.pci else {"compatible": ("acme,unheard-of",)}
    known = row.found(**says)
    silent = {
        other.file for other in TABLE
        if other.file in row.rivals() and not (other.pci if row.pci else other.compatible)
    }  # fmt: skip
    if silent:
        assert known.facts is not None and {known.facts.file} == silent
    else:
        assert known.facts is None
        assert known.match.could_be
        assert "states" in str(told(known.match, "it"))


def test_another_driver_of_the_same_hardware_is_another() -> None:
    vendors = Identity("rkvdec2", ("rockchip,rk3399-vdec",))
    assert driver_facts(vendors, "video-decoder", None, {}) == Known(None, recognised(vendors, ()))


@pytest.mark.parametrize(
    ("nearby", "file"),
    [
        ({"rockchip,rk3399-vop-big", "rockchip,rk3399-vop-lit", "arm,gic-v3"}, "rockchip-vop"),
        ({"rockchip,rk3588-vop", "arm,gic-v3"}, "rockchip-vop2"),
    ],
)
def test_a_card_of_several_devices_is_told_by_them(nearby: set[str], file: str) -> None:
    # The card is rockchip,display-subsystem on every Rockchip board.
    for compatible in ((), ("rockchip,display-subsystem",)):
        found = Identity("rockchip", compatible, "", frozenset(nearby | set(compatible)))
        known = driver_facts(found, "display", None, {})
        assert known.facts is not None and known.facts.file == file


def test_the_first_string_is_the_most_specific() -> None:
    g57 = ("mediatek,mt8195-mali", "mediatek,mt8192-mali", "arm,mali-bifrost")
    known = driver_facts(Identity("panfrost", g57), "gpu", None, {})
    assert known.facts is not None and known.facts.file == "panfrost-valhall"
    either = driver_facts(Identity("panfrost", ("rockchip,px30-mali", "arm,mali-bifrost")), "gpu", None, {})
    assert either.match.could_be == ("panfrost-bifrost", "panfrost-valhall")
    assert told(either.match, "gpu panfrost") == (
        "gpu panfrost could be what panfrost-bifrost or panfrost-valhall is about, and nothing of it is taken: "
        "each of them states arm,mali-bifrost"
    )


def _facts(file: str) -> DriverFacts:
    return next(each for each in drivers() if each.file == file)


@pytest.mark.parametrize(
    ("board", "device", "file"),
    [
        ("intel-laptop", "gpu", "i915-gt-tgl"), ("intel-laptop-mtl", "gpu", "i915-gt-mtl"),
        ("stm32mp25", "display", "stm-ltdc-ycbcr"), ("allwinner-h3", "video-decoder", "cedrus-untiled"),
    ],
)  # fmt: skip
def test_files_on_top_of_each_other_are_known_as_boards_stack_them(
    board: str, device: str, file: str
) -> None:
    (found,) = (each for each in shipped(board).devices.values() if each.kind == device)
    known = _facts(file).device
    assert set(known["ports"]) == set(found.ports)
    for port, rules in known["ports"].items():
        assert len(rules.get("images", ())) == len(found.ports[port].images)


@pytest.mark.parametrize("file", drivers(), ids=lambda each: each.file)
def test_every_identity_has_its_source(file: DriverFacts) -> None:
    entries = read_file(ROOT / "platforms/drivers" / f"{file.file}.yaml").data["identity"]
    assert all(
        each["source"].strip() and set(each) - {"source"} <= {"names", "compatible", "pci"}
        for each in entries
    )
    assert (
        file.names
        and len(set(file.compatible)) == len(file.compatible)
        and len(set(file.pci)) == len(file.pci)
    )
